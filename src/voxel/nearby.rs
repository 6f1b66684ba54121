//! The voxels of one set that lie within a distance of another set.
//!
//! A ball is a stack of stretches along x: the set is widened by it row by row, each run of a neighbouring row made longer
//! by the half-width of the ball there. O(rows · rows of the ball · runs of a row), a bit a voxel.

use crate::grid::{Border, Frame, Mask};
use crate::parallel::Exec;

/// How many voxels of `asked` have a voxel of `set` no further than `distance` (µm) from their centre.
#[must_use]
pub fn count_near(frame: &Frame, border: Border, asked: &Mask, set: &Mask, distance: f64, exec: &Exec) -> u64 {
    near(frame, border, asked, set, distance, exec).count()
}

/// The voxels of `asked` that have a voxel of `set` no further than `distance` (µm) from their centre. A bit a voxel.
#[must_use]
pub fn near(frame: &Frame, border: Border, asked: &Mask, set: &Mask, distance: f64, exec: &Exec) -> Mask {
    if asked.is_empty() || set.is_empty() {
        return Mask::empty(frame.size);
    }
    let [nx, ny, nz] = frame.size;
    let h = frame.spacing;
    let reach: [isize; 2] = [1, 2].map(|a: usize| (distance / h[a]).floor() as isize);
    // For each row of the ball its half-width in voxels.
    let mut rows: Vec<([isize; 2], usize)> = Vec::new();
    for dz in -reach[1]..=reach[1] {
        for dy in -reach[0]..=reach[0] {
            let rest = distance * distance - (dy as f64 * h[1]).powi(2) - (dz as f64 * h[2]).powi(2);
            if rest >= 0.0 {
                rows.push(([dy, dz], (rest.sqrt() / h[0]).floor() as usize));
            }
        }
    }
    let periodic = border == Border::Periodic;
    let place = |i: usize, d: isize, n: usize| {
        let j = i as isize + d;
        if periodic {
            Some(j.rem_euclid(n as isize) as usize)
        } else {
            (0..n as isize).contains(&j).then_some(j as usize)
        }
    };
    let planes = exec.map(nz, |z| {
        let mut near = Mask::empty([nx, 1, 1]);
        let mut found = Mask::empty([nx, ny, 1]);
        for y in 0..ny {
            if asked.row(y, z).iter().all(|w| *w == 0) {
                continue;
            }
            near.words_mut().fill(0);
            for &([dy, dz], half) in &rows {
                let (Some(v), Some(w)) = (place(y, dy, ny), place(z, dz, nz)) else { continue };
                set.runs(v, w, |from, to| {
                    near.insert_run(0, 0, from.saturating_sub(half), (to + half).min(nx));
                    if periodic && (from < half || to + half > nx) {
                        for x in (from as isize - half as isize)..(to + half) as isize {
                            near.insert(x.rem_euclid(nx as isize) as usize, 0, 0);
                        }
                    }
                });
            }
            let words = found.words_per_row();
            let both = asked.row(y, z).iter().zip(near.words());
            for (found, (a, b)) in found.words_mut()[y * words..(y + 1) * words].iter_mut().zip(both) {
                *found = a & b;
            }
        }
        Some(found)
    });
    let planes: Vec<Mask> = planes.into_iter().flatten().collect();
    Mask::stack(frame.size, &planes)
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
            let exec = Exec::silent(2).unwrap();
            prop_assert_eq!(count_near(&frame, border, &Mask::full(frame.size), &set, distance, &exec), truth);
        }
    }
}
