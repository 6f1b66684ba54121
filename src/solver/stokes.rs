//! The system of slow flow: velocities on the faces of voxels, pressures at their centres, and an approximate inverse.
//!
//! Velocities are looked after by a multigrid cycle each. What a pressure does is looked after by the sum of its two
//! limits (after Cahouet & Chabard 1988, doi:10.1002/fld.1650080802): within a pore each voxel for itself, by how easily its
//! own faces give way (near walls much less than in the open: without that the iterations grow with the grid), and over
//! many pores by a Darcy flow of local permeability on blocks of voxels.

use super::SolveError;
use super::blocks::Blocks;
use super::faces::{Faces, darcy};
use super::flow::Channel;
use super::minres::Symmetric;
use super::pyramid::Pyramid;
use super::vector::update;
use crate::grid::Border;
use crate::parallel::Exec;

/// By how much the blocks' answer is too small: the step between two of them is that of one voxel to them.
const STIFF: f32 = 1.8;

/// One component of the velocity, on the faces across its axis.
pub struct Component {
    /// The axis.
    pub axis: usize,
    /// The viscous forces, and an approximate inverse of them.
    pub viscous: Pyramid,
    /// Area of a face over that of the first axis' unit cell.
    pub area: f32,
}

impl Component {
    /// Faces along x, y, z.
    #[must_use]
    pub fn size(&self) -> [usize; 3] {
        self.viscous.fine.size
    }
}

/// The system.
pub struct Stokes {
    cells: [usize; 3],
    periodic: bool,
    /// The velocities along x, y, z.
    pub components: Vec<Component>,
    darcy: Blocks,
    /// Volume of a voxel.
    pub volume: f32,
    /// First entry of each component and of the pressure in a vector; one more at the end.
    pub at: [usize; 5],
    /// How easily the faces of each voxel give way; 0 where none is open.
    ease: Vec<f32>,
    work: Vec<f32>,
}

impl Stokes {
    /// For flow between the ends along an axis, or round a repeating cell.
    ///
    /// # Errors
    /// When the run was cancelled.
    pub fn new(channel: &Channel<'_>, driven: Option<usize>, exec: &Exec) -> Result<Self, SolveError> {
        let cells = channel.frame.size;
        let periodic = channel.border == Border::Periodic;
        let side = channel.frame.spacing.map(|h| h / channel.frame.spacing[0]);
        let volume: f64 = side.iter().product();
        let mut components = Vec::new();
        let mut at = [0; 5];
        for axis in 0..3 {
            let faces = Faces::new(channel, axis, driven == Some(axis));
            at[axis + 1] = at[axis] + faces.size.iter().product::<usize>();
            let viscous = Pyramid::new(faces.viscous(side, exec), exec)?;
            components.push(Component { axis, viscous, area: (volume / side[axis]) as f32 });
        }
        let cell_count: usize = cells.iter().product();
        at[4] = at[3] + cell_count;
        let longest = (0..3).map(|a| at[a + 1] - at[a]).max().unwrap_or(0);
        let darcy = Blocks::new(&darcy(channel, driven, side, exec), exec);
        exec.checkpoint()?;
        let mut stokes = Self {
            cells,
            periodic,
            components,
            darcy,
            volume: volume as f32,
            at,
            ease: vec![0.0; cell_count],
            work: vec![0.0; longest],
        };
        let mut give = vec![0.0f32; at[3]];
        for component in &stokes.components {
            let d = &component.viscous.fine.diagonal;
            let own = &mut give[at[component.axis]..at[component.axis + 1]];
            update(own, exec, |from, piece| {
                for (give, d) in piece.iter_mut().zip(&d[from..]) {
                    *give = if *d > 0.0 { component.area / d } else { 0.0 };
                }
            });
        }
        let mut ease = std::mem::take(&mut stokes.ease);
        stokes.gather(&give, &mut ease, exec, |low, high| low + high);
        stokes.ease = ease;
        Ok(stokes)
    }

    /// For each voxel the sum over the axes of what `of` makes of its lower and its upper face.
    fn gather(&self, u: &[f32], out: &mut [f32], exec: &Exec, of: impl Fn(f32, f32) -> f32 + Sync) {
        let [nx, ny, nz] = self.cells;
        let next = |i: usize, n: usize| if self.periodic && i + 1 == n { 0 } else { i + 1 };
        exec.chunks(out, nx * ny, |z, plane| {
            for (y, out) in plane.chunks_mut(nx).enumerate() {
                let row = |axis: usize, y: usize, z: usize| {
                    let [sx, sy, _] = self.components[axis].size();
                    let here = self.at[axis] + sx * (y + sy * z);
                    &u[here..here + sx]
                };
                let [a, b, c] = [0, 1, 2].map(|a| self.components[a].area);
                let along = row(0, y, z);
                for (out, pair) in out.iter_mut().zip(along.windows(2)) {
                    *out = a * of(pair[0], pair[1]);
                }
                if self.periodic {
                    out[nx - 1] = a * of(along[nx - 1], along[0]);
                }
                for (low, high, area) in
                    [(row(1, y, z), row(1, next(y, ny), z), b), (row(2, y, z), row(2, y, next(z, nz)), c)]
                {
                    for ((out, low), high) in out.iter_mut().zip(low).zip(high) {
                        *out += area * of(*low, *high);
                    }
                }
            }
        });
    }

    /// Adds the pull of the pressures on a row of faces across an axis. Pressure beyond an end is given, and stands on the
    /// other side of the equation.
    fn pull(&self, component: &Component, p: &[f32], [y, z]: [usize; 2], out: &mut [f32]) {
        let [nx, ny, nz] = self.cells;
        let row = |y: usize, z: usize| &p[nx * (y + ny * z)..][..nx];
        let area = component.area;
        if component.axis == 0 {
            let own = row(y, z);
            for (out, pair) in out[1..].iter_mut().zip(own.windows(2)) {
                *out += area * (pair[1] - pair[0]);
            }
            out[0] += area * if self.periodic { own[0] - own[nx - 1] } else { own[0] };
            if !self.periodic {
                out[nx] -= area * own[nx - 1];
            }
            return;
        }
        let (i, n) = if component.axis == 1 { (y, ny) } else { (z, nz) };
        let at = |i: usize| if component.axis == 1 { row(i, z) } else { row(y, i) };
        if i < n {
            out.iter_mut().zip(at(i)).for_each(|(out, p)| *out += area * p);
        }
        if i > 0 || self.periodic {
            let below = at(if i > 0 { i - 1 } else { n - 1 });
            out.iter_mut().zip(below).for_each(|(out, p)| *out -= area * p);
        }
    }
}

impl Symmetric for Stokes {
    fn apply(&self, x: &[f32], out: &mut [f32], exec: &Exec) {
        let (velocities, p) = x.split_at(self.at[3]);
        let (mut rest, out_p) = out.split_at_mut(self.at[3]);
        for component in &self.components {
            let a = component.axis;
            let [sx, sy, _] = component.size();
            let (own, more) = rest.split_at_mut(self.at[a + 1] - self.at[a]);
            rest = more;
            let u = &velocities[self.at[a]..self.at[a + 1]];
            let fine = &component.viscous.fine;
            exec.chunks(own, sx * sy, |z, plane| {
                for (y, row) in plane.chunks_mut(sx).enumerate() {
                    fine.row(u, y, z, row);
                    self.pull(component, p, [y, z], row);
                    let d = &fine.diagonal[sx * (y + sy * z)..][..sx];
                    for (out, d) in row.iter_mut().zip(d) {
                        *out = if *d > 0.0 { *out } else { 0.0 };
                    }
                }
            });
        }
        // The gradient's transpose is the negative divergence.
        self.gather(velocities, out_p, exec, |low, high| low - high);
    }

    fn precondition(&mut self, r: &[f32], z: &mut [f32], exec: &Exec) {
        let mut rest = z;
        for (a, component) in self.components.iter_mut().enumerate() {
            let n = self.at[a + 1] - self.at[a];
            let (own, more) = rest.split_at_mut(n);
            rest = more;
            component.viscous.precondition(&r[self.at[a]..self.at[a + 1]], own, &mut self.work[..n], exec);
        }
        let r = &r[self.at[3]..];
        let ease = &self.ease;
        update(rest, exec, |from, piece| {
            for ((z, r), ease) in piece.iter_mut().zip(&r[from..]).zip(&ease[from..]) {
                *z = if *ease > 0.0 { r / ease } else { 0.0 };
            }
        });
        self.darcy.add(STIFF, r, rest, exec);
    }
}
