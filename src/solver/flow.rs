//! Slow flow through the void: permeability.
//!
//! Stokes: −μ∇²u + ∇p = f, ∇·u = 0, u = 0 on the walls. Velocities live on the faces of voxels, pressures at their centres
//! (Harlow & Welch 1965, doi:10.1063/1.1761178); walls between grid lines count ([`super::faces`]). On a repeating cell a unit force drives the flow along each axis in turn; through a sample the pressure falls by its length
//! from one end to the other, and nothing flows through its sides, along which it slips freely.
//!
//! Solved for velocities and pressures at once by minimal residuals ([`super::stokes`]). About 190 bytes a voxel; 30 to 70
//! iterations at any size of grid.

use super::SolveError;
use super::minres::minres;
use super::multigrid::Solved;
use super::shear::{Velocities, on_walls};
use super::stokes::Stokes;
use crate::grid::{Border, Frame, Mask};
use crate::parallel::Exec;

/// Bytes a voxel that the solution takes at its peak.
pub const BYTES_PER_VOXEL: u64 = 200;

/// Residual at which a solution is taken.
const TOLERANCE: f64 = 1e-5;

/// Largest difference between the flux through cross-sections at which a solution is taken.
const BALANCE: f64 = 0.01;

/// Iterations after which it is given up.
const MOST: usize = 600;

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
    let size = driven.size();
    let plane = size[0] * size[1];
    for (i, b) in b[stokes.at[axis]..stokes.at[axis + 1]].iter_mut().enumerate() {
        let place = [i % size[0], i / size[0] % size[1], i / plane][axis];
        if driven.viscous.fine.diagonal[i] > 0.0 && (periodic || place == 0) {
            *b = push;
        }
    }
    let (x, solved) = minres(&mut stokes, b, TOLERANCE, MOST, exec)?;
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
        let s = component.size();
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
        let size = std::array::from_fn(|a| stokes.components[a].size());
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
            let mut iterations = Vec::new();
            for n in [16usize, 32] {
                let a = (share * 3.0 / (4.0 * std::f64::consts::PI)).cbrt() * n as f64;
                let c = n as f64 / 2.0;
                let flow =
                    run([n; 3], Border::Periodic, 0, |p| p.map(|v| (v - c).powi(2)).iter().sum::<f64>().sqrt() - a);
                let truth = 2.0 * a * a / (9.0 * share * drag);
                errors.push(flow.permeability[0] / truth - 1.0);
                assert!(flow.balance < 1e-4, "{flow:?}");
                iterations.push(flow.solved.iterations as f64);
            }
            assert!(iterations[1] <= 1.3 * iterations[0], "{share}: {iterations:?}");
            assert!(errors[1].abs() < 0.03 && errors[1] < 0.4 * errors[0], "{share}: {errors:?}");
        }
    }
}
