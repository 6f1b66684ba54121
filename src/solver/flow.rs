//! Slow flow through the void: permeability.
//!
//! Stokes: −μ∇²u + ∇p = f, ∇·u = 0, u = 0 on the walls. Velocities live on the faces of voxels, pressures at their centres
//! (Harlow & Welch 1965, doi:10.1063/1.1761178); a wall between two faces holds the velocity at its true distance along
//! the line between them (Gibou et al. 2002, doi:10.1006/jcph.2001.6977), so that walls between grid lines count. On a
//! repeating cell a unit force drives the flow along each axis in turn; through a sample the pressure falls by its length
//! from one end to the other, and nothing flows through its sides, along which it slips freely.
//!
//! Solved for velocities and pressures at once by minimal residuals. The preconditioner takes a multigrid cycle for each
//! velocity, and for the pressure the sum of its two limits: within a pore the viscosity, over many pores a Darcy flow of
//! local permeability (after Cahouet & Chabard 1988, doi:10.1002/fld.1650080802). About 200 bytes a voxel.

use super::SolveError;
use super::conductor::Conductor;
use super::minres::{Symmetric, minres};
use super::multigrid::{Cycle, Multigrid, Solved};
use super::shear::{Velocities, on_walls};
use super::vector::update;
use crate::grid::{Border, Frame, Mask};
use crate::parallel::Exec;

/// Bytes a voxel that the solution takes at its peak.
pub const BYTES_PER_VOXEL: u64 = 220;

/// Residual at which a solution is taken.
const TOLERANCE: f64 = 1e-5;

/// Largest difference between the flux through cross-sections at which a solution is taken.
const BALANCE: f64 = 0.01;

/// Iterations after which it is given up.
const MOST: usize = 600;

/// Entry of an open face in a [`Conductor`]; half of it is exact.
const WHOLE: u8 = 254;

/// Nearest that a wall counts, in steps of the grid.
const NEAREST: f32 = 0.05;

/// The void that is flowed through.
#[derive(Debug)]
pub struct Channel<'a> {
    /// Where the voxels lie.
    pub frame: Frame,
    /// What lies beyond the grid.
    pub border: Border,
    /// Distance to the solid, positive in the void; of two values ± 0.5.
    pub distance: &'a [f32],
    /// Voxels that may be flowed through.
    pub keep: &'a Mask,
}

/// What a solution gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Flow {
    /// Mean velocity along x, y, z for unit viscosity and unit fall of pressure per µm, in µm²: the permeability.
    pub permeability: [f64; 3],
    /// Largest difference between the flux through a cross-section and the mean one, as a share of it.
    pub balance: f64,
    /// Shear stress over viscosity at places that stand for equal areas of the wall, for a mean velocity of 1 µm/s along the
    /// axis through the whole cross-section, in 1/s; empty where it was not asked for.
    pub wall_shear: Vec<f32>,
    /// How the solve ended.
    pub solved: Solved,
}

/// Whether the shear on the walls is wanted too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Walls {
    /// It is.
    Shear,
    /// It is not.
    Ignored,
}

/// One component of the velocity, on the faces across its axis.
struct Component {
    axis: usize,
    /// Faces along x, y, z.
    size: [usize; 3],
    mg: Multigrid,
    /// Area of a face over that of the first axis' unit cell.
    area: f32,
}

/// The system.
struct Stokes {
    cells: [usize; 3],
    periodic: bool,
    components: Vec<Component>,
    darcy: Multigrid,
    /// Volume of a voxel.
    volume: f32,
    /// First entry of each component and of the pressure in a vector; one more at the end.
    at: [usize; 5],
    scratch: Vec<f32>,
}

/// Geometry of one component.
struct Faces<'a> {
    channel: &'a Channel<'a>,
    axis: usize,
    size: [usize; 3],
    /// Whether the flow enters and leaves through the ends along this axis.
    driven: bool,
}

impl Faces<'_> {
    /// Distance to the wall at a face, and whether fluid passes it. A face lies between the voxel before it and its own.
    fn at(&self, v: [usize; 3]) -> (f32, bool) {
        let (frame, a) = (&self.channel.frame, self.axis);
        let n = frame.size[a];
        let wrap = self.channel.border == Border::Periodic;
        let voxel = |i: usize| {
            let mut w = v;
            w[a] = i;
            (self.channel.distance[frame.index(w[0], w[1], w[2])], self.channel.keep.get(w[0], w[1], w[2]))
        };
        if !wrap && (v[a] == 0 || v[a] == n) {
            let (d, kept) = voxel(if v[a] == 0 { 0 } else { n - 1 });
            return (d, self.driven && kept && d > 0.0);
        }
        let (below, above) = (voxel(if v[a] == 0 { n - 1 } else { v[a] - 1 }), voxel(v[a] % n));
        let d = (below.0 + above.0) / 2.0;
        (d, below.1 && above.1 && d > 0.0)
    }

    /// The operator of the viscous forces.
    fn viscous(&self, side: [f64; 3], exec: &Exec) -> Conductor {
        let size = self.size;
        let wrap = self.channel.border == Border::Periodic;
        let plane = size[0] * size[1];
        let volume: f64 = side.iter().product();
        let weight: [f32; 3] = side.map(|s| (volume / (s * s)) as f32 * 255.0 / f32::from(WHOLE));
        // Ends have half a voxel of fluid before them, and with it half of the forces across.
        let half = |v: [usize; 3]| !wrap && (v[self.axis] == 0 || v[self.axis] + 1 == size[self.axis]);
        let mut faces: [Vec<u8>; 3] = std::array::from_fn(|_| vec![0u8; size.iter().product()]);
        for (c, faces) in faces.iter_mut().enumerate() {
            exec.chunks(faces, plane, |z, items| {
                for (k, open) in items.iter_mut().enumerate() {
                    let v = [k % size[0], k / size[0], z];
                    let mut w = v;
                    w[c] = (v[c] + 1) % size[c];
                    let beyond = v[c] + 1 == size[c];
                    if (wrap || !beyond) && self.at(v).1 && self.at(w).1 {
                        *open = if c != self.axis && half(v) { WHOLE / 2 } else { WHOLE };
                    }
                }
            });
        }
        let mut loss = vec![0.0f32; size.iter().product()];
        exec.chunks(&mut loss, plane, |z, items| {
            for (k, loss) in items.iter_mut().enumerate() {
                let v = [k % size[0], k / size[0], z];
                let (own, open) = self.at(v);
                if !open {
                    continue;
                }
                for c in 0..3 {
                    for up in [false, true] {
                        let mut w = v;
                        w[c] = match (up, v[c]) {
                            (true, i) if i + 1 < size[c] => i + 1,
                            (false, i) if i > 0 => i - 1,
                            _ if !wrap => continue,
                            (true, _) => 0,
                            (false, _) => size[c] - 1,
                        };
                        let (other, open) = self.at(w);
                        if !open {
                            let near = if other < 0.0 { (own / (own - other)).max(NEAREST) } else { 1.0 };
                            let part = if c != self.axis && half(v) { 0.5 } else { 1.0 };
                            *loss += part * (volume / (side[c] * side[c])) as f32 / near;
                        }
                    }
                }
            }
        });
        Conductor::new(size, faces, weight, loss, exec)
    }
}

impl Stokes {
    /// For flow between the ends along an axis, or round a repeating cell.
    fn new(channel: &Channel<'_>, driven: Option<usize>, exec: &Exec) -> Result<Self, SolveError> {
        let cells = channel.frame.size;
        let periodic = channel.border == Border::Periodic;
        let side = channel.frame.spacing.map(|h| h / channel.frame.spacing[0]);
        let volume: f64 = side.iter().product();
        let mut components = Vec::new();
        let mut at = [0; 5];
        for axis in 0..3 {
            let mut size = cells;
            size[axis] += usize::from(!periodic);
            let faces = Faces { channel, axis, size, driven: driven == Some(axis) };
            let fine = faces.viscous(side, exec);
            at[axis + 1] = at[axis] + size.iter().product::<usize>();
            let mg = Multigrid::new(fine, Cycle::Fixed, exec)?;
            components.push(Component { axis, size, mg, area: (volume / side[axis]) as f32 });
        }
        let cell_count: usize = cells.iter().product();
        at[4] = at[3] + cell_count;
        let darcy = Multigrid::new(darcy(channel, driven, side, exec), Cycle::Fixed, exec)?;
        let mut stokes =
            Self { cells, periodic, components, darcy, volume: volume as f32, at, scratch: vec![0.0; cell_count] };
        // Pressures that no flow answers to take no part.
        let all = vec![1.0f32; stokes.at[3]];
        let mut touched = vec![0.0f32; cell_count];
        stokes.gather(&all, &mut touched, exec, true);
        stokes.scratch = touched;
        Ok(stokes)
    }

    /// What flows out of each voxel, or with `count` how many of its faces are open.
    fn gather(&self, u: &[f32], out: &mut [f32], exec: &Exec, count: bool) {
        let [nx, ny, _] = self.cells;
        exec.chunks(out, nx * ny, |z, plane| {
            for (k, out) in plane.iter_mut().enumerate() {
                let v = [k % nx, k / nx, z];
                let mut sum = 0.0;
                for component in &self.components {
                    let a = component.axis;
                    let s = component.size;
                    let face = |i: usize| {
                        let mut w = v;
                        w[a] = i;
                        let i = w[0] + s[0] * (w[1] + s[1] * w[2]);
                        let open = component.mg.fine.diagonal[i] > 0.0;
                        if open { u[self.at[a] + i] } else { 0.0 }
                    };
                    let next = if self.periodic { (v[a] + 1) % self.cells[a] } else { v[a] + 1 };
                    let (low, high) = (face(v[a]), face(next));
                    sum += component.area * if count { low + high } else { high - low };
                }
                *out = sum;
            }
        });
    }
}

/// The Darcy flow that the pressure answers to over many pores.
fn darcy(channel: &Channel<'_>, driven: Option<usize>, side: [f64; 3], exec: &Exec) -> Conductor {
    let n = channel.frame.size;
    let wrap = channel.border == Border::Periodic;
    let volume: f64 = side.iter().product();
    let unit = (channel.frame.spacing[0]) as f32;
    // Of two values the distance says nothing: one voxel for all.
    let flat = channel.distance.iter().all(|d| d.abs() == 0.5);
    let reach = channel.distance.iter().fold(0.0f32, |m, d| m.max(*d));
    let local = |d: f32| if flat { 1.0 } else { (d / reach).powi(2) };
    let scale = if flat { 4.0 } else { f64::from(reach / unit).powi(2) / 3.0 };
    let weight = side.map(|s| (scale * volume / (s * s)) as f32);
    let faces = std::array::from_fn(|a| {
        let mut size = n;
        size[a] += usize::from(!wrap);
        let geometry = Faces { channel, axis: a, size, driven: false };
        let mut shares = vec![0u8; channel.frame.len()];
        exec.chunks(&mut shares, n[0] * n[1], |z, plane| {
            for (k, share) in plane.iter_mut().enumerate() {
                let mut v = [k % n[0], k / n[0], z];
                v[a] += 1;
                if wrap {
                    v[a] %= n[a];
                }
                let (d, open) = geometry.at(v);
                if open {
                    *share = (255.0 * local(d)).round().max(1.0) as u8;
                }
            }
        });
        shares
    });
    let mut loss = Vec::new();
    if let Some(a) = driven {
        loss = vec![0.0f32; channel.frame.len()];
        for (i, loss) in loss.iter_mut().enumerate() {
            let v = channel.frame.voxel(i);
            if (v[a] == 0 || v[a] + 1 == n[a]) && channel.keep.get(v[0], v[1], v[2]) && channel.distance[i] > 0.0 {
                *loss = 2.0 * weight[a] * local(channel.distance[i]).max(1.0 / 255.0);
            }
        }
    }
    Conductor::new(n, faces, weight, loss, exec)
}

impl Symmetric for Stokes {
    fn apply(&self, x: &[f32], out: &mut [f32], exec: &Exec) {
        let (velocities, p) = x.split_at(self.at[3]);
        let (out_u, out_p) = out.split_at_mut(self.at[3]);
        let mut rest = out_u;
        for component in &self.components {
            let a = component.axis;
            let s = component.size;
            let (own, more) = rest.split_at_mut(self.at[a + 1] - self.at[a]);
            rest = more;
            let u = &velocities[self.at[a]..self.at[a + 1]];
            let fine = &component.mg.fine;
            let [nx, ny, _] = self.cells;
            exec.chunks(own, s[0] * s[1], |z, plane| {
                for (y, row) in plane.chunks_mut(s[0]).enumerate() {
                    fine.row(u, y, z, row);
                    for (x, out) in row.iter_mut().enumerate() {
                        if fine.diagonal[x + s[0] * (y + s[1] * z)] == 0.0 {
                            *out = 0.0;
                            continue;
                        }
                        let v = [x, y, z];
                        // Pressure beyond an end is given, and stands on the other side of the equation.
                        let pressure = |i: usize| {
                            let mut w = v;
                            w[a] = i;
                            p[w[0] + nx * (w[1] + ny * w[2])]
                        };
                        let n = self.cells[a];
                        let below = match v[a] {
                            0 if self.periodic => pressure(n - 1),
                            0 => 0.0,
                            i => pressure(i - 1),
                        };
                        let above = if v[a] == n { 0.0 } else { pressure(v[a]) };
                        *out += component.area * (above - below);
                    }
                }
            });
        }
        self.gather(velocities, out_p, exec, false);
        // The gradient's transpose is the negative divergence.
        update(out_p, exec, |_, piece| piece.iter_mut().for_each(|v| *v = -*v));
    }

    fn precondition(&mut self, r: &[f32], z: &mut [f32], exec: &Exec) {
        let mut rest = z;
        for (a, component) in self.components.iter_mut().enumerate() {
            let (own, more) = rest.split_at_mut(self.at[a + 1] - self.at[a]);
            rest = more;
            component.mg.precondition(&r[self.at[a]..self.at[a + 1]], own, exec);
        }
        let r = &r[self.at[3]..];
        self.darcy.precondition(r, rest, exec);
        let (touched, volume) = (&self.scratch, self.volume);
        update(rest, exec, |from, piece| {
            for (k, z) in piece.iter_mut().enumerate() {
                let i = from + k;
                *z = if touched[i] > 0.0 { *z + r[i] / volume } else { 0.0 };
            }
        });
    }
}

/// Flow driven along `axis`.
///
/// # Errors
/// When it does not converge, or the run was cancelled.
pub fn along(channel: &Channel<'_>, axis: usize, walls: Walls, exec: &Exec) -> Result<Flow, SolveError> {
    let periodic = channel.border == Border::Periodic;
    let mut stokes = Stokes::new(channel, (!periodic).then_some(axis), exec)?;
    let mut b = vec![0.0f32; stokes.at[4]];
    let driven = &stokes.components[axis];
    let side = channel.frame.spacing[axis] / channel.frame.spacing[0];
    // On a torus a unit force on each voxel; else the pressure at the lower end, which falls by 1 over each unit of length.
    let push = if periodic { stokes.volume } else { driven.area * (side * channel.frame.size[axis] as f64) as f32 };
    let plane = driven.size[0] * driven.size[1];
    for (i, b) in b[stokes.at[axis]..stokes.at[axis + 1]].iter_mut().enumerate() {
        let place = [i % driven.size[0], i / driven.size[0] % driven.size[1], i / plane][axis];
        if driven.mg.fine.diagonal[i] > 0.0 && (periodic || place == 0) {
            *b = push;
        }
    }
    let mut x = vec![0.0f32; stokes.at[4]];
    let solved = minres(&mut stokes, &b, &mut x, TOLERANCE, MOST, exec)?;
    if solved.residual > TOLERANCE {
        return Err(SolveError::NotConverged {
            what: "flow",
            iterations: solved.iterations,
            residual: solved.residual,
        });
    }
    let unit = channel.frame.spacing[0].powi(2);
    let mut permeability = [0.0; 3];
    let mut balance = 0.0f64;
    for component in &stokes.components {
        let a = component.axis;
        let s = component.size;
        let mut planes = vec![0.0f64; s[a]];
        for (i, u) in x[stokes.at[a]..stokes.at[a + 1]].iter().enumerate() {
            planes[[i % s[0], i / s[0] % s[1], i / (s[0] * s[1])][a]] += f64::from(*u);
        }
        let section = channel.frame.len() as f64 / channel.frame.size[a] as f64;
        let mean = planes.iter().sum::<f64>() / planes.len() as f64;
        if a == axis {
            balance = planes.iter().map(|f| (f / mean - 1.0).abs()).fold(0.0, f64::max);
            permeability[a] = mean / section * unit;
        } else if periodic {
            permeability[a] = mean / section * unit;
        }
    }
    if balance > BALANCE {
        return Err(SolveError::NotConverged {
            what: "the balance of flow",
            iterations: solved.iterations,
            residual: balance,
        });
    }
    let mut wall_shear = Vec::new();
    if walls == Walls::Shear && permeability[axis] > 0.0 {
        let values = std::array::from_fn(|a| &x[stokes.at[a]..stokes.at[a + 1]]);
        let size = std::array::from_fn(|a| stokes.components[a].size);
        wall_shear = on_walls(channel, &Velocities { values, size }, exec);
        let mean = (permeability[axis] / unit) as f32;
        wall_shear.iter_mut().for_each(|s| *s /= mean);
    }
    Ok(Flow { permeability, balance, wall_shear, solved })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(size: [usize; 3], border: Border, axis: usize, f: impl Fn([f64; 3]) -> f64) -> Flow {
        let exec = Exec::silent(2).unwrap();
        let frame = Frame { size, spacing: [1.0; 3], origin: [0.5; 3] };
        let distance: Vec<f32> = (0..frame.len()).map(|i| f(frame.centre(frame.voxel(i))) as f32).collect();
        let mut keep = Mask::full(size);
        for (i, _) in distance.iter().enumerate().filter(|(_, d)| **d < -1.0) {
            let [x, y, z] = frame.voxel(i);
            let mut one = Mask::empty(size);
            one.insert(x, y, z);
            keep.subtract(&one);
        }
        along(&Channel { frame, border, distance: &distance, keep: &keep }, axis, Walls::Shear, &exec).unwrap()
    }

    #[test]
    fn between_plates_and_in_a_round_tube_flow_follows_poiseuille() {
        // Slit of width w: k = w²/12 of its share; tube of radius r: r²/8 of its share.
        for (n, w) in [(12usize, 7.3f64), (24, 15.1)] {
            let c = n as f64 / 2.0;
            for border in [Border::Open, Border::Periodic] {
                let slit = run([n, 4, 6], border, 2, |p| w / 2.0 - (p[0] - c - 0.11).abs());
                let truth = w.powi(3) / 12.0 / n as f64;
                assert!((slit.permeability[2] / truth - 1.0).abs() < 0.5 / w, "{slit:?} {truth}");
                let tube = run([n, n, 6], border, 2, |p| w / 2.0 - (p[0] - c - 0.11).hypot(p[1] - c + 0.23));
                let share = std::f64::consts::PI * (w / 2.0).powi(2) / (n * n) as f64;
                let truth = (w / 2.0).powi(2) / 8.0 * share;
                assert!((tube.permeability[2] / truth - 1.0).abs() < 0.5 / w, "{tube:?} {truth}");
            }
        }
    }

    #[test]
    fn walls_feel_what_poiseuille_says() {
        // For a mean velocity U of the gap: 6 U / w on both plates, 4 U / r in a tube, the same everywhere.
        let (n, w) = (24usize, 15.1);
        let c = n as f64 / 2.0;
        for border in [Border::Open, Border::Periodic] {
            let slit = run([n, 4, 6], border, 2, |p| w / 2.0 - (p[0] - c - 0.11).abs());
            let truth = 6.0 / w * (n as f64 / w);
            assert!(slit.wall_shear.len() >= 2 * 4 * 6);
            for s in &slit.wall_shear {
                assert!((f64::from(*s) / truth - 1.0).abs() < 0.03, "{s} {truth}");
            }
            let tube = run([n, n, 6], border, 2, |p| w / 2.0 - (p[0] - c - 0.11).hypot(p[1] - c + 0.23));
            let share = std::f64::consts::PI * (w / 2.0f64).powi(2) / (n * n) as f64;
            let truth = 4.0 / (w / 2.0) / share;
            let mean = tube.wall_shear.iter().map(|s| f64::from(*s)).sum::<f64>() / tube.wall_shear.len() as f64;
            assert!((mean / truth - 1.0).abs() < 0.05, "{mean} {truth}");
        }
    }

    #[test]
    fn spheres_on_a_cubic_lattice_resist_as_zick_and_homsy_say() {
        // Zick & Homsy 1982 (doi:10.1017/S0022112082000627), simple cubic: drag coefficient K at solid share c, with
        // k = 2 a² / (9 c K).
        for (share, drag) in [(0.027, 2.008), (0.125, 4.292), (0.343, 15.40), (std::f64::consts::FRAC_PI_6, 42.14)] {
            let mut errors = Vec::new();
            for n in [16usize, 32] {
                let a = (share * 3.0 / (4.0 * std::f64::consts::PI)).cbrt() * n as f64;
                let c = n as f64 / 2.0;
                let flow =
                    run([n; 3], Border::Periodic, 0, |p| p.map(|v| (v - c).powi(2)).iter().sum::<f64>().sqrt() - a);
                let truth = 2.0 * a * a / (9.0 * share * drag);
                errors.push(flow.permeability[0] / truth - 1.0);
                assert!(flow.balance < 1e-4, "{flow:?}");
            }
            assert!(errors[1].abs() < 0.03 && errors[1] < 0.4 * errors[0], "{share}: {errors:?}");
        }
    }
}
