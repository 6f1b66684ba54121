//! Voxels of a volume joined in blocks: a coarser grid of grey levels, which still knows how much of it is solid.
//!
//! The field of a block is the mean of its voxels, so that the surface lies between blocks where the voxels put it. Blocks
//! at the far sides may hold fewer voxels. O(voxels of the volume), 4 bytes a block.

use super::envelope::Body;
use super::phases::Binarised;
use crate::grid::{Frame, Levels, Mask};
use crate::limits::{LimitError, Limits};
use crate::parallel::Exec;

/// A volume in blocks of so many voxels along each axis.
#[derive(Clone, Copy, Debug)]
pub struct Blocks<'a> {
    pub(super) frame: &'a Frame,
    pub(super) levels: &'a Levels,
    pub(super) phases: &'a Binarised,
    pub(super) block: usize,
    /// By how much the threshold is moved.
    pub(super) shift: f32,
}

impl Blocks<'_> {
    /// Where the blocks lie.
    pub(super) fn joined(&self) -> Frame {
        let n = self.block;
        Frame {
            size: self.frame.size.map(|size| size.div_ceil(n)),
            spacing: self.frame.spacing.map(|h| h * n as f64),
            origin: std::array::from_fn(|a| self.frame.origin[a] + self.frame.spacing[a] * (n as f64 - 1.0) / 2.0),
        }
    }

    /// A number for each block that is negative in solid.
    ///
    /// # Errors
    /// When they do not fit the memory budget.
    pub(super) fn field(&self, limits: &Limits, exec: &Exec) -> Result<Vec<f32>, LimitError> {
        let joined = self.joined();
        let [nx, ny, _] = joined.size;
        let signed = |v: f32| self.phases.signed(v, self.shift);
        let mut field = limits.try_vec("the signed field", joined.len(), 0.0f32)?;
        exec.chunks(&mut field, nx * ny, |z, plane| {
            for (y, sums) in plane.chunks_mut(nx).enumerate() {
                let mut rows = 0;
                for first in self.rows(y, z) {
                    let row = first..first + self.frame.size[0];
                    match self.levels {
                        Levels::U8(v) => add_row(&v[row], self.block, signed, sums),
                        Levels::U16(v) => add_row(&v[row], self.block, signed, sums),
                        Levels::F32(v) => add_row(&v[row], self.block, signed, sums),
                    }
                    rows += 1;
                }
                for (x, sum) in sums.iter_mut().enumerate() {
                    let across = self.block.min(self.frame.size[0] - x * self.block);
                    *sum /= (rows * across) as f32;
                }
            }
        });
        Ok(field)
    }

    /// The share of the voxels in a body that is solid; in one from a file, of those of the blocks that are in it.
    pub(crate) fn solid_in(&self, body: &Body, blocks: &Mask, exec: &Exec) -> f64 {
        let voxels = body.region.is_none().then(|| body.mask(self.frame, exec));
        let within = voxels.as_ref().unwrap_or(blocks);
        let [_, ny, nz] = within.size();
        let planes = exec.map(nz, |z| {
            let mut sum = [0, 0];
            for y in 0..ny {
                within.runs(y, z, |from, to| {
                    let counted = match voxels {
                        Some(_) => self.count_row(self.frame.index(0, y, z), from, to),
                        None => self.count(from, to, y, z),
                    };
                    sum = [sum[0] + counted[0], sum[1] + counted[1]];
                });
            }
            sum
        });
        let [solid, all] = planes.into_iter().fold([0, 0], |sum, plane| [sum[0] + plane[0], sum[1] + plane[1]]);
        solid as f64 / all.max(1) as f64
    }

    /// The share of the voxels of a block that is solid.
    pub(crate) fn solid_of(&self, [x, y, z]: [usize; 3]) -> f64 {
        let [solid, all] = self.count(x, x + 1, y, z);
        solid as f64 / all.max(1) as f64
    }

    /// How many voxels of a row of blocks are solid, and how many there are.
    fn count(&self, from: usize, to: usize, y: usize, z: usize) -> [usize; 2] {
        let [from, to] = [from, to].map(|x| (x * self.block).min(self.frame.size[0]));
        self.rows(y, z).map(|first| self.count_row(first, from, to)).fold([0, 0], |a, b| [a[0] + b[0], a[1] + b[1]])
    }

    /// The same of a stretch of a row of voxels that begins at `first`.
    fn count_row(&self, first: usize, from: usize, to: usize) -> [usize; 2] {
        let solid = |v: f32| self.phases.signed(v, self.shift) < 0.0;
        [self.levels.count(first + from..first + to, solid), to - from]
    }

    /// The first voxels of the rows that go through a row of blocks.
    fn rows(&self, y: usize, z: usize) -> impl Iterator<Item = usize> + '_ {
        let along = |i: usize, a: usize| i * self.block..((i + 1) * self.block).min(self.frame.size[a]);
        along(z, 2).flat_map(move |z| along(y, 1).map(move |y| self.frame.index(0, y, z)))
    }
}

/// Adds the numbers of a row of voxels to those of its blocks.
fn add_row<T: Copy + Into<f32>>(values: &[T], block: usize, signed: impl Fn(f32) -> f32, sums: &mut [f32]) {
    for (sum, group) in sums.iter_mut().zip(values.chunks(block)) {
        group.iter().for_each(|v| *sum += signed((*v).into()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::design::envelope::EnvelopeKind;
    use crate::mesh::V3;

    #[test]
    fn blocks_are_the_means_of_their_voxels_and_know_their_solid() {
        let frame = Frame { size: [7, 5, 4], spacing: [2.0, 3.0, 1.0], origin: [1.0, 0.0, -1.0] };
        let values: Vec<u8> = (0..frame.len()).map(|i| (i * 37 % 101) as u8).collect();
        let phases = Binarised::Above { threshold: 50.0, doubt: 1.0, inverted: false };
        let exec = Exec::silent(2).unwrap();
        let kinds = [
            Levels::U8(values.clone()),
            Levels::U16(values.iter().map(|v| u16::from(*v)).collect()),
            Levels::F32(values.iter().map(|v| f32::from(*v)).collect()),
        ];
        for (levels, block) in kinds.iter().flat_map(|levels| [1, 2, 3].map(|block| (levels, block))) {
            let blocks = Blocks { frame: &frame, levels, phases: &phases, block, shift: 4.0 };
            let joined = blocks.joined();
            let field = blocks.field(&Limits { memory: 1 << 20 }, &exec).unwrap();
            let mut all = [0, 0];
            for i in 0..joined.len() {
                let v = joined.voxel(i);
                let held = (0..frame.len()).filter(|k| frame.voxel(*k).map(|n| n / block) == v);
                let held: Vec<f32> = held.map(|k| 54.0 - f32::from(values[k])).collect();
                let solid = held.iter().filter(|s| **s < 0.0).count();
                assert!((field[i] - held.iter().sum::<f32>() / held.len() as f32).abs() < 1e-4);
                assert_eq!(blocks.solid_of(v), solid as f64 / held.len() as f64);
                all = [all[0] + solid, all[1] + held.len()];
                let middle = |a: usize| {
                    let first = frame.origin[a] + (v[a] * block) as f64 * frame.spacing[a];
                    first + (block as f64 - 1.0) / 2.0 * frame.spacing[a]
                };
                assert!((0..3).all(|a| (joined.centre(v)[a] - middle(a)).abs() < 1e-12));
            }
            assert_eq!(all[1], frame.len());
            let (low, high) = frame.bounds();
            let body = Body::cuboid(EnvelopeKind::Grid, V3::from(low), V3::from(high));
            let share = blocks.solid_in(&body, &Mask::full(joined.size), &exec);
            assert!((share - all[0] as f64 / all[1] as f64).abs() < 1e-15);
        }
    }
}
