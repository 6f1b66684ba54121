//! The open share of the faces between voxels: the geometry that transport runs on.
//!
//! From a signed distance the surface is taken as a plane within each face, so that walls between grid lines count with
//! what they leave open (cut cells); of two values a face is open where both voxels are void. 3 bytes a voxel.

use std::sync::Arc;

use super::conductor::OTHERS;
use super::shares::of_square;
use crate::grid::{Border, Frame, Mask};
use crate::parallel::Exec;

/// The open shares.
#[derive(Clone, Debug)]
pub struct Openings {
    /// Where the voxels lie.
    pub frame: Frame,
    /// What lies beyond the grid.
    pub border: Border,
    /// For each axis the open share, of 255, of the face between a voxel and the next one along it.
    pub faces: Arc<[Vec<u8>; 3]>,
    /// For each axis the open shares of the grid's own two faces: the lower one, the upper one. Empty where it repeats.
    pub ends: [[Vec<u8>; 2]; 3],
}

impl Openings {
    /// From a signed distance in µm, positive in the void; faces of voxels outside of `inside` are shut.
    #[must_use]
    pub fn of_field(frame: &Frame, border: Border, field: &[f32], inside: &Mask, exec: &Exec) -> Self {
        let n = frame.size;
        let wrap = border == Border::Periodic;
        // The value one step along an axis; at the rim of an open grid that of the voxel itself.
        let step = |v: [usize; 3], a: usize, up: bool| {
            let mut v = v;
            v[a] = match (up, v[a]) {
                (true, i) if i + 1 < n[a] => i + 1,
                (true, i) => {
                    if wrap {
                        0
                    } else {
                        i
                    }
                }
                (false, 0) => {
                    if wrap {
                        n[a] - 1
                    } else {
                        0
                    }
                }
                (false, i) => i - 1,
            };
            v
        };
        let at = |v: [usize; 3]| field[frame.index(v[0], v[1], v[2])];
        // Change across a voxel: the rim has one side only.
        let slope = |v: [usize; 3], a: usize| {
            let (low, high) = (step(v, a, false), step(v, a, true));
            let apart = f32::from(u8::from(low != v)) + f32::from(u8::from(high != v));
            if apart == 0.0 { 0.0 } else { (at(high) - at(low)) / apart }
        };
        let faces = std::array::from_fn(|a| {
            let mut shares = vec![0u8; frame.len()];
            exec.chunks(&mut shares, n[0] * n[1], |z, plane| {
                for (k, open) in plane.iter_mut().enumerate() {
                    let v = [k % n[0], k / n[0], z];
                    let next = step(v, a, true);
                    if v[a] + 1 == n[a] && !wrap
                        || !inside.get(v[0], v[1], v[2])
                        || !inside.get(next[0], next[1], next[2])
                    {
                        continue;
                    }
                    let middle = (at(v) + at(next)) / 2.0;
                    let [p, q] = OTHERS[a];
                    let reach = (frame.spacing[p] + frame.spacing[q]) as f32;
                    *open = if middle.abs() > reach {
                        255 * u8::from(middle > 0.0)
                    } else {
                        let slopes = [p, q].map(|b| (slope(v, b) + slope(next, b)) / 2.0);
                        (255.0 * of_square(middle, slopes)).round() as u8
                    };
                }
            });
            shares
        });
        let end = |a: usize, upper: bool| {
            if wrap {
                return Vec::new();
            }
            let [p, q] = OTHERS[a];
            let mut shares = Vec::with_capacity(n[p] * n[q]);
            for j in 0..n[q] {
                for i in 0..n[p] {
                    let mut v = [0; 3];
                    (v[a], v[p], v[q]) = (if upper { n[a] - 1 } else { 0 }, i, j);
                    let within = step(v, a, !upper);
                    let middle = 1.5 * at(v) - 0.5 * at(within);
                    let middle = if (middle > 0.0) == (at(v) > 0.0) { middle } else { at(v) };
                    let open =
                        if inside.get(v[0], v[1], v[2]) { of_square(middle, [slope(v, p), slope(v, q)]) } else { 0.0 };
                    shares.push((255.0 * open).round() as u8);
                }
            }
            shares
        };
        let faces = Arc::new(faces);
        Self { frame: *frame, border, faces, ends: std::array::from_fn(|a| [end(a, false), end(a, true)]) }
    }

    /// From the void of a volume of two values.
    #[must_use]
    pub fn of_mask(frame: &Frame, border: Border, void: &Mask, exec: &Exec) -> Self {
        let n = frame.size;
        let wrap = border == Border::Periodic;
        let faces = std::array::from_fn(|a| {
            let mut shares = vec![0u8; frame.len()];
            exec.chunks(&mut shares, n[0] * n[1], |z, plane| {
                for (k, open) in plane.iter_mut().enumerate() {
                    let v = [k % n[0], k / n[0], z];
                    let mut next = v;
                    next[a] = (v[a] + 1) % n[a];
                    let within = wrap || v[a] + 1 < n[a];
                    *open = 255 * u8::from(within && void.get(v[0], v[1], v[2]) && void.get(next[0], next[1], next[2]));
                }
            });
            shares
        });
        let mut openings = Self { frame: *frame, border, faces: Arc::new(faces), ends: Default::default() };
        if !wrap {
            for a in 0..3 {
                for upper in [false, true] {
                    let count = frame.len() / n[a];
                    openings.ends[a][usize::from(upper)] = (0..count)
                        .map(|i| {
                            let [x, y, z] = openings.end_voxel(a, upper, i);
                            255 * u8::from(void.get(x, y, z))
                        })
                        .collect();
                }
            }
        }
        openings
    }

    /// The same without the first and the last plane of voxels along an axis; the faces to these are then its ends.
    ///
    /// # Panics
    /// When the grid repeats itself, or fewer than three planes lie along the axis.
    #[must_use]
    pub fn within(&self, axis: usize, exec: &Exec) -> Self {
        let old = &self.frame;
        assert!(self.border == Border::Open && old.size[axis] > 2, "ends are cut off what has ends and more");
        let mut frame = *old;
        frame.size[axis] -= 2;
        frame.origin[axis] += frame.spacing[axis];
        let plane = frame.size[0] * frame.size[1];
        let before = |k: usize, z: usize| {
            let mut v = [k % frame.size[0], k / frame.size[0], z];
            v[axis] += 1;
            v
        };
        let faces: [Vec<u8>; 3] = std::array::from_fn(|a| {
            let mut shares = vec![0u8; frame.len()];
            exec.chunks(&mut shares, plane, |z, items| {
                for (k, share) in items.iter_mut().enumerate() {
                    let v = before(k, z);
                    if a != axis || v[axis] < frame.size[axis] {
                        *share = self.faces[a][old.index(v[0], v[1], v[2])];
                    }
                }
            });
            shares
        });
        let mut inner = Self { frame, border: self.border, faces: Arc::new(faces), ends: Default::default() };
        for a in 0..3 {
            for upper in [false, true] {
                inner.ends[a][usize::from(upper)] = (0..frame.len() / frame.size[a])
                    .map(|i| {
                        let mut v = inner.end_voxel(a, upper, i);
                        v[axis] += 1;
                        if a == axis {
                            v[axis] -= usize::from(!upper);
                            return self.faces[a][old.index(v[0], v[1], v[2])];
                        }
                        let [p, q] = OTHERS[a];
                        self.ends[a][usize::from(upper)][v[p] + old.size[p] * v[q]]
                    })
                    .collect();
            }
        }
        inner
    }

    /// The voxel at entry `i` of an end.
    #[must_use]
    pub fn end_voxel(&self, axis: usize, upper: bool, i: usize) -> [usize; 3] {
        let n = self.frame.size;
        let [p, q] = OTHERS[axis];
        let mut v = [0; 3];
        (v[axis], v[p], v[q]) = (if upper { n[axis] - 1 } else { 0 }, i % n[p], i / n[p]);
        v
    }

    /// Share of the grid's volume that is open, from its cross-sections along an axis.
    #[must_use]
    pub fn share(&self, axis: usize, exec: &Exec) -> f64 {
        let plane = self.frame.size[0] * self.frame.size[1];
        let faces = &self.faces[axis];
        let inner: u64 = exec
            .map(self.frame.size[2], |z| faces[z * plane..(z + 1) * plane].iter().map(|f| u64::from(*f)).sum::<u64>())
            .iter()
            .sum();
        let outer: u64 = self.ends[axis].iter().flatten().map(|f| u64::from(*f)).sum();
        (inner as f64 + outer as f64 / 2.0) / 255.0 / self.frame.len() as f64
    }
}
