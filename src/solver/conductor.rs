//! A grid of voxels that conduct to their six neighbours: the operator A of a steady balance,
//!
//! (A u)ᵢ = Σ gᵢⱼ (uᵢ − uⱼ) + dᵢ uᵢ, with conductances g ≥ 0 of the faces and losses d ≥ 0.
//!
//! Diffusion has the open share of each face as its conductance; the velocity of slow flow has whole faces, and walls as
//! losses; a reaction is a loss. Differences are taken before they are weighed, so that a constant has no flux to the last bit.
//! 7 bytes a voxel, 11 where each may have a loss.

use std::ops::{AddAssign, Mul, Sub};
use std::sync::Arc;

use super::vector::Real;
use crate::parallel::Exec;

/// What the operator works on: single or double precision.
pub trait Field: Real + Mul<Output = Self> + Sub<Output = Self> + AddAssign {}
impl Field for f32 {}
impl Field for f64 {}

/// Losses of voxels.
#[derive(Clone, Debug)]
pub enum Loss {
    /// None at all.
    None,
    /// Of each voxel.
    Each(Vec<f32>),
    /// Of the first and of the last plane of voxels across an axis; of the other axes the lower one runs fastest.
    Ends(usize, [Vec<f32>; 2]),
}

/// The two axes beside one.
pub const OTHERS: [[usize; 2]; 3] = [[1, 2], [0, 2], [0, 1]];

/// The operator.
#[derive(Clone, Debug)]
pub struct Conductor {
    /// Number of voxels along x, y, z.
    pub size: [usize; 3],
    /// For each axis the open share, of 255, of the face between a voxel and the next one along it. Beyond the last
    /// voxel comes the first one; the share there is 0 unless the grid repeats itself.
    pub faces: Arc<[Vec<u8>; 3]>,
    /// Conductance of a whole face along each axis.
    pub weight: [f32; 3],
    /// Sum of the conductances and losses of each voxel; 0 where a voxel takes no part.
    pub diagonal: Vec<f32>,
    loss: Loss,
}

/// Adds what a row of voxels gives to the row beside it.
#[inline]
fn exchange<T: Field>(out: &mut [T], own: &[T], other: &[T], faces: &[u8], w: T) {
    let n = out.len();
    let (own, other, faces) = (&own[..n], &other[..n], &faces[..n]);
    for k in 0..n {
        out[k] += w * T::narrow(f64::from(f32::from(faces[k]))) * (own[k] - other[k]);
    }
}

impl Conductor {
    /// From the open faces and the losses of the voxels.
    pub fn new(size: [usize; 3], faces: Arc<[Vec<u8>; 3]>, weight: [f32; 3], loss: Loss, exec: &Exec) -> Self {
        let mut conductor = Self { size, faces, weight, diagonal: Vec::new(), loss };
        let mut diagonal = vec![0.0f32; size.iter().product()];
        exec.chunks(&mut diagonal, size[0] * size[1], |z, plane| {
            for (k, value) in plane.iter_mut().enumerate() {
                let i = k + z * size[0] * size[1];
                *value = conductor.links(i).iter().map(|(_, g)| g).sum::<f32>() + conductor.loss(i);
            }
        });
        conductor.diagonal = diagonal;
        conductor
    }

    /// Loss of a voxel.
    #[must_use]
    pub fn loss(&self, i: usize) -> f32 {
        let [nx, ny, _] = self.size;
        match &self.loss {
            Loss::None => 0.0,
            Loss::Each(loss) => loss[i],
            Loss::Ends(axis, planes) => {
                let v = [i % nx, i / nx % ny, i / (nx * ny)];
                let [p, q] = OTHERS[*axis];
                let at = v[p] + self.size[p] * v[q];
                let of = |plane: usize, here: bool| if here { planes[plane][at] } else { 0.0 };
                of(0, v[*axis] == 0) + of(1, v[*axis] + 1 == self.size[*axis])
            }
        }
    }

    /// The neighbours of a voxel and the conductances to them: below and above along x, y, z.
    #[must_use]
    #[inline]
    pub fn links(&self, i: usize) -> [(usize, f32); 6] {
        let [nx, ny, nz] = self.size;
        let v = [i % nx, i / nx % ny, i / (nx * ny)];
        let stride = [1, nx, nx * ny];
        let n = [nx, ny, nz];
        std::array::from_fn(|k| {
            let a = k / 2;
            let span = stride[a] * n[a];
            if k % 2 == 0 {
                let j = if v[a] == 0 { i + span - stride[a] } else { i - stride[a] };
                (j, self.weight[a] / 255.0 * f32::from(self.faces[a][j]))
            } else {
                let j = if v[a] + 1 == n[a] { i + stride[a] - span } else { i + stride[a] };
                (j, self.weight[a] / 255.0 * f32::from(self.faces[a][i]))
            }
        })
    }

    /// The row (y, z) of A·u, into `out`.
    pub fn row<T: Field>(&self, u: &[T], y: usize, z: usize, out: &mut [T]) {
        let [nx, ny, nz] = self.size;
        let at = |y: usize, z: usize| nx * (y + ny * z);
        let here = at(y, z);
        let w: [T; 3] = self.weight.map(|w| T::narrow(f64::from(w / 255.0)));
        let byte = |g: u8| T::narrow(f64::from(f32::from(g)));
        let own = &u[here..here + nx];
        self.lost(own, y, z, out);
        let along = &self.faces[0][here..here + nx];
        let mut flux_in = T::default();
        if along[nx - 1] != 0 {
            flux_in = w[0] * byte(along[nx - 1]) * (own[nx - 1] - own[0]);
        }
        for (k, out) in out.iter_mut().enumerate() {
            let next = if k + 1 < nx { own[k + 1] } else { own[0] };
            let flux = w[0] * byte(along[k]) * (own[k] - next);
            *out += flux - flux_in;
            flux_in = flux;
        }
        let below = |i: usize, n: usize| if i == 0 { n - 1 } else { i - 1 };
        let above = |i: usize, n: usize| if i + 1 == n { 0 } else { i + 1 };
        let [low_y, high_y] = [at(below(y, ny), z), at(above(y, ny), z)];
        let [low_z, high_z] = [at(y, below(z, nz)), at(y, above(z, nz))];
        let [_, fy, fz] = &*self.faces;
        exchange(out, own, &u[high_y..high_y + nx], &fy[here..here + nx], w[1]);
        exchange(out, own, &u[low_y..low_y + nx], &fy[low_y..low_y + nx], w[1]);
        exchange(out, own, &u[high_z..high_z + nx], &fz[here..here + nx], w[2]);
        exchange(out, own, &u[low_z..low_z + nx], &fz[low_z..low_z + nx], w[2]);
    }

    /// What the row (y, z) loses by itself, into `out`.
    #[inline]
    fn lost<T: Field>(&self, own: &[T], y: usize, z: usize, out: &mut [T]) {
        let [nx, ny, _] = self.size;
        let here = nx * (y + ny * z);
        if let Loss::Each(loss) = &self.loss {
            for ((out, u), loss) in out.iter_mut().zip(own).zip(&loss[here..here + nx]) {
                *out = T::narrow(f64::from(*loss)) * *u;
            }
            return;
        }
        out.fill(T::default());
        let Loss::Ends(axis, planes) = &self.loss else { return };
        for (plane, end) in planes.iter().zip([0, self.size[*axis] - 1]) {
            let voxels = match axis {
                0 => end..end + 1,
                1 if y == end => 0..nx,
                2 if z == end => 0..nx,
                _ => 0..0,
            };
            let first = [y + ny * z, nx * z, nx * y][*axis];
            for (k, x) in voxels.enumerate() {
                out[x] += T::narrow(f64::from(plane[first + k])) * own[x];
            }
        }
    }

    /// A·u, into `out`.
    pub fn apply<T: Field>(&self, u: &[T], out: &mut [T], exec: &Exec) {
        let [nx, ny, _] = self.size;
        exec.chunks(out, nx * ny, |z, plane| {
            for (y, row) in plane.chunks_mut(nx).enumerate() {
                self.row(u, y, z, row);
            }
        });
    }

    /// Σ g (uᵢ − uⱼ + stepᵢⱼ)² over the faces, where the step is that of a mean gradient: `step[a]` from each voxel to the
    /// next along axis a. With two fields the product of the two differences, as an off-diagonal entry needs it.
    #[must_use]
    pub fn energy(&self, u: (&[f64], [f64; 3]), v: (&[f64], [f64; 3]), exec: &Exec) -> f64 {
        let [nx, ny, nz] = self.size;
        let planes = exec.map(nz, |z| {
            let mut sum = 0.0;
            for k in 0..nx * ny {
                let i = k + z * nx * ny;
                if self.diagonal[i] == 0.0 {
                    continue;
                }
                for (a, (j, g)) in self.links(i).iter().skip(1).step_by(2).enumerate() {
                    if *g > 0.0 {
                        let du = u.0[*j] - u.0[i] + u.1[a];
                        let dv = v.0[*j] - v.0[i] + v.1[a];
                        sum += f64::from(*g) * du * dv;
                    }
                }
            }
            sum
        });
        planes.iter().sum()
    }
}
