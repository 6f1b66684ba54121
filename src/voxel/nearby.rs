//! The voxels of one set that lie within a distance of another set.
//!
//! By the exact distance transform of the other set: along x, then y, then z, the lower envelope of the parabolas of
//! squared distance (Felzenszwalb & Huttenlocher 2012, doi:10.4086/toc.2012.v008a019; before them Meijster et al. 2000),
//! with physical spacing. On a periodic grid each line is continued by itself on both sides. O(voxels), 4 bytes a voxel.

use crate::grid::{Border, Frame, Mask};
use crate::limits::{LimitError, Limits};
use crate::parallel::{Exec, rows_by_y};

/// How many voxels of `asked` have a voxel of `set` no further than `distance` (µm) from their centre.
///
/// # Errors
/// When the distances do not fit the memory budget.
pub fn count_near(
    frame: &Frame,
    border: Border,
    asked: &Mask,
    set: &Mask,
    distance: f64,
    limits: &Limits,
    exec: &Exec,
) -> Result<u64, LimitError> {
    if asked.is_empty() || set.is_empty() {
        return Ok(0);
    }
    let [nx, ny, nz] = frame.size;
    let mut squared = limits.try_vec("the distances to adequate pores", frame.len(), f32::INFINITY)?;
    let periodic = border == Border::Periodic;
    exec.chunks(&mut squared, nx * ny, |z, plane| {
        let mut line = Line::default();
        for y in 0..ny {
            let row = &mut plane[nx * y..nx * (y + 1)];
            set.runs(y, z, |from, to| row[from..to].fill(0.0));
            line.transform(row.iter().copied(), frame.spacing[0], periodic);
            row.copy_from_slice(&line.out);
        }
        for x in 0..nx {
            line.transform(plane[x..].iter().step_by(nx).copied(), frame.spacing[1], periodic);
            line.out.iter().enumerate().for_each(|(y, v)| plane[x + nx * y] = *v);
        }
    });
    exec.for_each(rows_by_y(&mut squared, nx, ny), |_, mut rows| {
        let mut line = Line::default();
        for x in 0..nx {
            line.transform(rows.iter().map(|row| row[x]), frame.spacing[2], periodic);
            line.out.iter().enumerate().for_each(|(z, v)| rows[z][x] = *v);
        }
    });
    // A hair more, for squares in single precision.
    let most = (distance * distance * (1.0 + 1e-5)) as f32;
    let counts = exec.map(nz, |z| {
        let mut count = 0u64;
        for y in 0..ny {
            let row = &squared[frame.index(0, y, z)..][..nx];
            asked.runs(y, z, |from, to| count += row[from..to].iter().filter(|d| **d <= most).count() as u64);
        }
        count
    });
    Ok(counts.into_iter().sum())
}

/// Scratch for one line.
#[derive(Default)]
struct Line {
    heights: Vec<f64>,
    /// Apex, height, and where the parabola becomes the lowest.
    hull: Vec<(f64, f64, f64)>,
    out: Vec<f32>,
}

impl Line {
    /// The least of height + squared distance along the line, at each of its voxels.
    fn transform(&mut self, heights: impl Iterator<Item = f32>, step: f64, periodic: bool) {
        self.heights.clear();
        self.heights.extend(heights.map(f64::from));
        self.hull.clear();
        let n = self.heights.len() as isize;
        let range = if periodic { -n..2 * n } else { 0..n };
        for i in range {
            let height = self.heights[i.rem_euclid(n) as usize];
            if height.is_infinite() {
                continue;
            }
            let apex = i as f64 * step;
            let mut from = f64::NEG_INFINITY;
            while let Some(&(top, low, start)) = self.hull.last() {
                let meet = 0.5 * (apex + top + (height - low) / (apex - top));
                if meet > start {
                    from = meet;
                    break;
                }
                self.hull.pop();
            }
            self.hull.push((apex, height, from));
        }
        self.out.clear();
        if self.hull.is_empty() {
            self.out.resize(n as usize, f32::INFINITY);
            return;
        }
        let mut k = 0;
        for i in 0..n {
            let at = i as f64 * step;
            while k + 1 < self.hull.len() && self.hull[k + 1].2 <= at {
                k += 1;
            }
            let (apex, height, _) = self.hull[k];
            self.out.push((height + (at - apex) * (at - apex)) as f32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn counts_agree_with_trying_every_pair(
            points in prop::collection::vec(0..7 * 6 * 5usize, 1..6),
            distance in 0.5..6.0f64,
            periodic in any::<bool>(),
        ) {
            let frame = Frame { size: [7, 6, 5], spacing: [1.0, 1.3, 0.7], origin: [0.0; 3] };
            let border = if periodic { Border::Periodic } else { Border::Open };
            let mut set = Mask::empty(frame.size);
            for &p in &points {
                let [x, y, z] = frame.voxel(p);
                set.insert(x, y, z);
            }
            let extent = frame.extent();
            let near = |i: usize| points.iter().any(|&p| {
                let (a, b) = (frame.centre(frame.voxel(i)), frame.centre(frame.voxel(p)));
                let squared: f64 = (0..3).map(|k| {
                    let d = a[k] - b[k];
                    if periodic { d - extent[k] * (d / extent[k]).round() } else { d }
                }).map(|d| d * d).sum();
                squared <= distance * distance
            });
            let truth = (0..frame.len()).filter(|&i| near(i)).count() as u64;
            let limits = Limits { memory: 1 << 20 };
            let exec = Exec::silent(2).unwrap();
            let all = Mask::full(frame.size);
            prop_assert_eq!(count_near(&frame, border, &all, &set, distance, &limits, &exec).unwrap(), truth);
        }
    }
}
