//! The voxels of one set that lie within a distance of another set.
//!
//! The exact squared distance to the set, axis by axis (Saito & Toriwaki 1994, doi:10.1016/0031-3203(94)90133-3), as far as
//! it is asked for: along x from the runs of a row, then the least over the rows within reach along y, then over the planes
//! along z. In tiles of rows and planes, where anything is asked.
//!
//! O(voxels · reach in voxels), a bit a voxel, and for each thread the tile in hand with what lies within reach of it.

use crate::grid::{Border, Frame, Mask};
use crate::parallel::Exec;

/// Rows and planes of a tile, at least; as many as the reach where that is more.
const TILE: [usize; 2] = [32, 16];

/// By how much in relation to its square a distance may be longer, for rounding.
const ROUNDING: f64 = 1e-6;

/// The voxels of `asked` that have a voxel of `set` no further than `distance` (µm) from their centre.
#[must_use]
pub fn near(frame: &Frame, border: Border, asked: &Mask, set: &Mask, distance: f64, exec: &Exec) -> Mask {
    if asked.is_empty() || set.is_empty() {
        return Mask::empty(frame.size);
    }
    let [_, ny, nz] = frame.size;
    let steps: [Vec<f32>; 3] = std::array::from_fn(|a| {
        let h = frame.spacing[a];
        let most = ((distance / h).floor() as usize).min(frame.size[a]);
        (0..=most).map(|k| (k as f64 * h).powi(2) as f32).collect()
    });
    let limit = (distance * distance * (1.0 + ROUNDING)) as f32;
    let [rows, planes] = [0, 1].map(|k| TILE[k].max(steps[k + 1].len()));
    let slabs = exec.map(nz.div_ceil(planes), |slab| {
        let mut tile = Tile::new(frame.size, border, &steps);
        let range = slab * planes..nz.min((slab + 1) * planes);
        let mut found: Vec<Mask> = range.clone().map(|_| Mask::empty([frame.size[0], ny, 1])).collect();
        for y in (0..ny).step_by(rows) {
            tile.within(asked, set, y..ny.min(y + rows), range.clone(), limit, &mut found);
        }
        found
    });
    Mask::stack(frame.size, &slabs.concat())
}

/// Squared distances for some rows of some planes.
struct Tile<'a> {
    size: [usize; 3],
    periodic: bool,
    /// Squared distances of 0, 1, 2 … voxels along each axis, as far as it is asked for.
    steps: &'a [Vec<f32>; 3],
    /// Along x, for the rows and planes within reach, each with whether it holds any.
    along_x: Vec<f32>,
    any_x: Vec<bool>,
    /// Along x and y, for the rows of the tile and the planes within reach, each with whether it holds any.
    along_xy: Vec<f32>,
    any_xy: Vec<bool>,
}

impl<'a> Tile<'a> {
    fn new([nx, ny, nz]: [usize; 3], border: Border, steps: &'a [Vec<f32>; 3]) -> Self {
        let periodic = border == Border::Periodic;
        let (along_x, along_xy) = (Vec::new(), Vec::new());
        Self { size: [nx, ny, nz], periodic, steps, along_x, any_x: Vec::new(), along_xy, any_xy: Vec::new() }
    }

    /// The plane or row of the grid at a place that may lie beyond it.
    fn place(&self, at: isize, axis: usize) -> Option<usize> {
        let n = self.size[axis];
        match usize::try_from(at) {
            Ok(at) if at < n => Some(at),
            _ => self.periodic.then(|| at.rem_euclid(n as isize) as usize),
        }
    }

    /// Adds what is near among the rows `ys` of the planes `zs` to `found`, one for each of these planes.
    fn within(
        &mut self,
        asked: &Mask,
        set: &Mask,
        ys: std::ops::Range<usize>,
        zs: std::ops::Range<usize>,
        limit: f32,
        found: &mut [Mask],
    ) {
        let nx = self.size[0];
        let empty = |y: usize, z: usize| asked.row(y, z).iter().all(|word| *word == 0);
        if zs.clone().all(|z| ys.clone().all(|y| empty(y, z))) {
            return;
        }
        let [ry, rz] = [1, 2].map(|a| self.steps[a].len() - 1);
        let (tall, wide) = (ys.len() + 2 * ry, ys.len());
        let deep = zs.len() + 2 * rz;
        self.along_x.resize(nx * tall * deep, f32::INFINITY);
        self.along_xy.resize(nx * wide * deep, f32::INFINITY);
        self.any_x.clear();
        self.any_xy.clear();
        for k in 0..deep {
            let z = self.place((zs.start + k) as isize - rz as isize, 2);
            for j in 0..tall {
                let y = self.place((ys.start + j) as isize - ry as isize, 1);
                let at = nx * (j + tall * k);
                let row = &mut self.along_x[at..at + nx];
                let any = y.zip(z).is_some_and(|(y, z)| squares(set, y, z, &self.steps[0], self.periodic, row));
                self.any_x.push(any);
            }
        }
        if !self.any_x.contains(&true) {
            return;
        }
        for k in 0..deep {
            for j in 0..wide {
                let rows = j + tall * k..=j + 2 * ry + tall * k;
                let any = self.any_x[rows.clone()].contains(&true);
                self.any_xy.push(any);
                if !any {
                    continue;
                }
                let at = nx * (j + wide * k);
                let least = &mut self.along_xy[at..at + nx];
                least.fill(f32::INFINITY);
                for (d, row) in rows.enumerate().filter(|(_, row)| self.any_x[*row]) {
                    lower(least, &self.along_x[nx * row..nx * (row + 1)], self.steps[1][d.abs_diff(ry)]);
                }
            }
        }
        let mut least = vec![f32::INFINITY; nx];
        for (k, z) in zs.enumerate() {
            for (j, y) in ys.clone().enumerate().filter(|(_, y)| !empty(*y, z)) {
                least.fill(f32::INFINITY);
                for d in (0..=2 * rz).filter(|d| self.any_xy[j + wide * (k + d)]) {
                    let at = nx * (j + wide * (k + d));
                    lower(&mut least, &self.along_xy[at..at + nx], self.steps[2][d.abs_diff(rz)]);
                }
                asked.runs(y, z, |from, to| {
                    (from..to).filter(|x| least[*x] <= limit).for_each(|x| found[k].insert(x, y, 0));
                });
            }
        }
    }
}

/// Lowers values to those of another row and a step.
fn lower(least: &mut [f32], row: &[f32], step: f32) {
    for (least, value) in least.iter_mut().zip(row) {
        *least = least.min(value + step);
    }
}

/// Squared distances along x to the voxels of a set in a row, as far as `steps`; infinite beyond. Whether it holds any;
/// where it does not, `row` is left as it is.
fn squares(set: &Mask, y: usize, z: usize, steps: &[f32], periodic: bool, row: &mut [f32]) -> bool {
    if set.row(y, z).iter().all(|word| *word == 0) {
        return false;
    }
    row.fill(f32::INFINITY);
    let n = row.len() as isize;
    set.runs(y, z, |from, to| {
        row[from..to].fill(0.0);
        let mut lower = |x: isize, square: f32| {
            let x = if periodic { x.rem_euclid(n) } else { x };
            if let Some(value) = usize::try_from(x).ok().and_then(|x| row.get_mut(x)) {
                *value = value.min(square);
            }
        };
        for (d, square) in steps.iter().enumerate().skip(1) {
            lower(from as isize - d as isize, *square);
            lower((to - 1 + d) as isize, *square);
        }
    });
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_near_agrees_with_trying_every_pair(
            points in prop::collection::vec(0..7 * 70 * 41usize, 1..6),
            distance in prop_oneof![0.1..6.0f64, 6.0..90.0],
            part in 1..4usize,
            periodic in any::<bool>(),
        ) {
            let frame = Frame { size: [7, 70, 41], spacing: [1.0, 1.3, 0.7], origin: [0.0; 3] };
            let border = if periodic { Border::Periodic } else { Border::Open };
            let (mut set, mut asked) = (Mask::empty(frame.size), Mask::empty(frame.size));
            for &p in &points {
                let [x, y, z] = frame.voxel(p);
                set.insert(x, y, z);
            }
            for [x, y, z] in (0..frame.len()).filter(|i| i % part == 0).map(|i| frame.voxel(i)) {
                asked.insert(x, y, z);
            }
            let extent = frame.extent();
            let squared = |i: usize, p: usize| -> f64 {
                let (a, b) = (frame.centre(frame.voxel(i)), frame.centre(frame.voxel(p)));
                let along = |k: usize| {
                    let d = a[k] - b[k];
                    if periodic { d - extent[k] * (d / extent[k]).round() } else { d }
                };
                (0..3).map(|k| along(k).powi(2)).sum()
            };
            let limit = distance * distance;
            let found = near(&frame, border, &asked, &set, distance, &Exec::silent(2).unwrap());
            for i in 0..frame.len() {
                let [x, y, z] = frame.voxel(i);
                let least = points.iter().map(|&p| squared(i, p)).fold(f64::INFINITY, f64::min);
                // Just at the limit rounding decides.
                if (least / limit - 1.0).abs() > 2.0 * ROUNDING {
                    prop_assert_eq!(found.get(x, y, z), asked.get(x, y, z) && least < limit, "{:?}", [x, y, z]);
                }
            }
        }
    }
}
