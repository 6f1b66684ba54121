//! The solid share of every voxel, and the part of the solid that carries load.

use super::super::conductor::OTHERS;
use super::super::shares::of_cube;
use crate::grid::{Border, Connectivity, Frame, Mask};
use crate::limits::{LimitError, Limits};
use crate::parallel::Exec;
use crate::voxel::labels::{Labels, winds};

/// Share of a voxel below which it counts as empty: such slivers would make the equations stiff and carry nothing.
const SLIVER: u8 = 4;

/// Parts of a voxel that distances are rounded to: places that are alike by symmetry get the same share, whatever their
/// distances differ by in the last bit.
const PARTS: f32 = 4096.0;

/// Solid shares in 255ths. One byte a voxel.
#[derive(Clone, Debug)]
pub struct Shares {
    /// Where the voxels lie.
    pub frame: Frame,
    /// What lies beyond the grid.
    pub border: Border,
    /// Of 255.
    pub shares: Vec<u8>,
}

/// Between which faces the solid has to lead to carry load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// Across the endless pattern, along any axis.
    Winding,
    /// From the lower to the upper face along this axis.
    Across(usize),
    /// From any face to any other: it touches one.
    Faces,
    /// From a face to the one opposite, along any axis.
    Opposite,
}

impl Shares {
    /// From a signed distance in µm, negative in the solid, within `inside`.
    ///
    /// # Errors
    /// When it does not fit the memory budget.
    pub fn of_field(
        frame: &Frame,
        border: Border,
        field: &[f32],
        inside: &Mask,
        limits: &Limits,
        exec: &Exec,
    ) -> Result<Self, LimitError> {
        let n = frame.size;
        let mut shares = limits.try_vec("the solid shares", frame.len(), 0u8)?;
        let stride = [1, n[0], n[0] * n[1]];
        let part = frame.coarsest() as f32 / PARTS;
        let rounded = |i: usize| (field[i] / part).round() * part;
        exec.chunks(&mut shares, n[0] * n[1], |z, plane| {
            for (k, share) in plane.iter_mut().enumerate() {
                let v = [k % n[0], k / n[0], z];
                if !inside.get(v[0], v[1], v[2]) {
                    continue;
                }
                let i = k + z * n[0] * n[1];
                let middle = -rounded(i);
                let reach: f64 = frame.spacing.iter().sum();
                if middle.abs() > reach as f32 {
                    *share = 255 * u8::from(middle > 0.0);
                    continue;
                }
                let slope = std::array::from_fn(|a| {
                    let step = |up: bool| match (up, v[a]) {
                        (true, c) if c + 1 < n[a] => i + stride[a],
                        (false, c) if c > 0 => i - stride[a],
                        (true, _) if border == Border::Periodic => i + stride[a] - stride[a] * n[a],
                        (false, _) if border == Border::Periodic => i + stride[a] * n[a] - stride[a],
                        _ => i,
                    };
                    let (low, high) = (step(false), step(true));
                    let apart = f32::from(u8::from(low != i)) + f32::from(u8::from(high != i));
                    if apart == 0.0 { 0.0 } else { (rounded(low) - rounded(high)) / apart }
                });
                *share = (255.0 * of_cube(middle, slope)).round() as u8;
            }
        });
        Ok(Self { frame: *frame, border, shares })
    }

    /// From the solid of a volume of two values.
    ///
    /// # Errors
    /// When it does not fit the memory budget.
    pub fn of_mask(
        frame: &Frame,
        border: Border,
        solid: &Mask,
        limits: &Limits,
        exec: &Exec,
    ) -> Result<Self, LimitError> {
        let n = frame.size;
        let mut shares = limits.try_vec("the solid shares", frame.len(), 0u8)?;
        exec.chunks(&mut shares, n[0] * n[1], |z, plane| {
            for y in 0..n[1] {
                solid.runs(y, z, |from, to| plane[n[0] * y + from..n[0] * y + to].fill(255));
            }
        });
        Ok(Self { frame: *frame, border, shares })
    }

    /// Solid volume over the volume of the grid.
    #[must_use]
    pub fn density(&self) -> f64 {
        self.shares.iter().map(|s| u64::from(*s)).sum::<u64>() as f64 / 255.0 / self.shares.len() as f64
    }

    /// The voxels of the pieces of solid that span, face to face connected, with their shares of 255; and the share of the
    /// solid that is left out because it hangs on nothing.
    #[must_use]
    pub fn carrying(&self, span: Span, exec: &Exec) -> (Vec<(u32, u8)>, f64) {
        let n = self.frame.size;
        let mut mask = Mask::empty(n);
        for (i, _) in self.shares.iter().enumerate().filter(|(_, s)| **s >= SLIVER) {
            let [x, y, z] = self.frame.voxel(i);
            mask.insert(x, y, z);
        }
        let mut sides = vec![Mask::empty(n); 6];
        for a in 0..3 {
            for (upper, side) in [0, n[a] - 1].into_iter().enumerate() {
                let others = OTHERS[a];
                for q in 0..n[others[1]] {
                    for p in 0..n[others[0]] {
                        let mut v = [0; 3];
                        (v[a], v[others[0]], v[others[1]]) = (side, p, q);
                        sides[2 * a + upper].insert(v[0], v[1], v[2]);
                    }
                }
            }
        }
        let refs: Vec<&Mask> = sides.iter().collect();
        let labels = Labels::new(&mask, Connectivity::Six, self.border, &refs, exec);
        let kept = labels.select(|c| match span {
            Span::Winding => (0..3).any(|a| c.touches & winds(a) != 0),
            Span::Across(a) => c.touches >> (2 * a) & 3 == 3,
            Span::Faces => c.touches & 63 != 0,
            Span::Opposite => (0..3).any(|a| c.touches >> (2 * a) & 3 == 3),
        });
        let mut voxels = Vec::new();
        let (mut carried, mut all) = (0u64, 0u64);
        for (i, share) in self.shares.iter().enumerate() {
            all += u64::from(*share);
            let [x, y, z] = self.frame.voxel(i);
            if *share >= SLIVER && kept.get(x, y, z) {
                carried += u64::from(*share);
                voxels.push((i as u32, *share));
            }
        }
        let left = if voxels.is_empty() { 1.0 } else { 1.0 - carried as f64 / all.max(1) as f64 };
        (voxels, left)
    }
}
