//! Interconnectivity: what can travel through the void, how wide the ways are, and how much of it can be reached.
//!
//! The weight of a voxel is the radius of the sphere that fits there; near the ridge that of the maximal ball, so that a
//! throat is not read too narrow by the position of the grid. The percolation diameter along an axis is that of the
//! widest path from one side to the other, through void inside the convex hull of the solid, the sphere staying within
//! the lateral faces of the envelope; of a periodic cell, of the widest path that winds round the axis. The accessible
//! void at d (Moore et al. 2004, doi:10.1002/jbm.a.30138) is what spheres sweep whose centre is reached from outside (of
//! a periodic cell: from a path that winds round it) at a width of at least d: the maximal balls, painted in falling
//! order of that width.

use super::figure::{Distribution, Figure, Figures};
use super::pore_size::class_width;
use super::sizes::Sizes;
use super::survey::Needs;
use crate::design::{Finding, SIDES, Severity, Study};
use crate::grid::{Border, Connectivity, Mask};
use crate::limits::{LimitError, Limits};
use crate::mesh::V3;
use crate::parallel::Exec;
use crate::units::Unit;
use crate::voxel::labels::{Labels, winds};
use crate::voxel::passage::{Goal, widest_passage};
use crate::voxel::ridge::{Ball, Phase, Ridge};
use crate::voxel::thickness::{Owners, cover};
use crate::voxel::widest::Basins;
use crate::voxel::winding::winding_widths;

/// The three axes.
pub const AXES: [&str; 3] = ["x", "y", "z"];

/// Widths at which the ways of a periodic cell are looked at, beside those asked for.
const WIDTHS: usize = 24;

/// Radius of the sphere that fits at each voxel of void, with the maximal balls where they are; 0 elsewhere. 4 bytes a
/// voxel.
fn reach(study: &Study<'_>, ridge: &Ridge, limits: &Limits, exec: &Exec) -> Result<Vec<f32>, LimitError> {
    let frame = study.frame();
    let [nx, ny, _] = frame.size;
    let mut reach = limits.try_vec("the widest paths", frame.len(), 0.0f32)?;
    exec.chunks(&mut reach, nx * ny, |z, plane| {
        for y in 0..ny {
            let first = frame.index(0, y, z);
            study.void.runs(y, z, |from, to| {
                plane[nx * y + from..nx * y + to].copy_from_slice(&study.field.values[first + from..first + to]);
            });
        }
    });
    for ball in &ridge.balls {
        let at = &mut reach[ball.voxel as usize];
        *at = at.max(ball.radius);
    }
    for &(voxel, radius) in &ridge.beside {
        let at = &mut reach[voxel as usize];
        *at = at.max(radius);
    }
    Ok(reach)
}

/// Voxels of sets.
fn voxels<'a>(masks: impl Iterator<Item = &'a Mask>, nx: usize) -> Vec<usize> {
    let mut list = Vec::new();
    for mask in masks {
        let [_, ny, nz] = mask.size();
        for z in 0..nz {
            for y in 0..ny {
                mask.runs(y, z, |from, to| list.extend((from..to).map(|x| x + nx * (y + ny * z))));
            }
        }
    }
    list
}

/// Measures paths and access, and the accessible shares that are needed.
///
/// # Errors
/// When a field does not fit the memory budget.
pub fn measure(
    study: &Study<'_>,
    ridge: &Ridge,
    needs: &Needs,
    limits: &Limits,
    exec: &Exec,
    out: &mut Figures,
) -> Result<(), LimitError> {
    let frame = *study.frame();
    let reach = reach(study, ridge, limits, exec)?;
    let body = &study.envelope.body;
    match study.field.border {
        Border::Periodic => {
            through(study, None, exec, out);
            for axis in 0..3 {
                path(study, &reach, axis, Goal::Round(axis), exec, out);
            }
        }
        Border::Open => {
            let path_body = if study.envelope.hull.volume < body.volume { &study.envelope.hull } else { body };
            let mut whole_region = study.inside.clone();
            whole_region.intersect(&path_body.mask(&frame, exec));
            let mut sides = path_body.sides(&frame, &whole_region);
            drop(whole_region);
            for side in &mut sides {
                side.intersect(&study.region);
            }
            through(study, Some(&sides), exec, out);
            for axis in 0..3 {
                let goal = Goal::Between(&sides[2 * axis], &sides[2 * axis + 1]);
                path(study, &reach, axis, goal, exec, out);
            }
        }
    }
    access(study, &ridge.balls, &reach, needs, limits, exec, out)
}

/// The widest path along an axis.
fn path(study: &Study<'_>, reach: &[f32], axis: usize, goal: Goal<'_>, exec: &Exec, out: &mut Figures) {
    let frame = *study.frame();
    let name = AXES[axis];
    let faces = match goal {
        Goal::Between(..) => study.envelope.body.lateral(axis),
        Goal::Round(_) => Vec::new(),
    };
    let weights = |y: usize, z: usize, row: &mut [f32]| {
        row.fill(0.0);
        let first = frame.index(0, y, z);
        study.region.runs(y, z, |from, to| row[from..to].copy_from_slice(&reach[first + from..first + to]));
        // The sphere stays within the faces of the body that are no sides of the axis.
        let start = V3::from(frame.centre([0, y, z]));
        if let (Some(region), Goal::Between(..)) = (&study.envelope.body.region, goal) {
            for (x, w) in row.iter_mut().enumerate().filter(|(_, w)| **w > 0.0) {
                let p = V3::from(frame.centre([x, y, z]));
                let depth = region.depth(&p) as f32;
                if depth < *w && region.side(&p) / 2 != axis {
                    *w = depth;
                }
            }
        }
        for face in &faces {
            let (depth, step) = (face.depth(&start), -face.normal.x * frame.spacing[0]);
            if step == 0.0 {
                let depth = depth as f32;
                row.iter_mut().for_each(|w| *w = w.min(depth));
            } else {
                row.iter_mut().enumerate().for_each(|(x, w)| *w = w.min((depth + step * x as f64) as f32));
            }
        }
    };
    let found = widest_passage(&frame, study.field.border, &weights, goal, exec);
    let id = format!("interconnectivity.percolation_diameter.{name}");
    let diameter = found.map_or(0.0, |p| 2.0 * f64::from(p.radius));
    let method = match goal {
        Goal::Between(..) => {
            "largest sphere that travels from side to side: widest path, 6-connected, inside the solid's hull"
        }
        Goal::Round(_) => "largest sphere that can wind round the axis of the periodic cell: widest path, 6-connected",
    };
    out.add(&id, Figure::new(diameter, Unit::Micrometre, method).floor(0.05 * frame.coarsest()));
    if let Some(p) = found {
        out.places.insert(id, frame.centre(p.throat));
    } else {
        out.findings.push(Finding::new(
            "void.no_path",
            Severity::Warning,
            format!("no way through the void along {name}, for a sphere of any size"),
        ));
    }
}

/// Shares of void in components that reach opposite sides, or wind round an axis.
fn through(study: &Study<'_>, sides: Option<&[Mask; SIDES]>, exec: &Exec, out: &mut Figures) {
    let masks: Vec<&Mask> = sides.into_iter().flatten().collect();
    let labels = Labels::new(&study.region, Connectivity::Six, study.field.border, &masks, exec);
    let void = study.void.count() as f64;
    if void == 0.0 {
        return;
    }
    let passes = |touches: u32| match sides {
        Some(_) => (0..3).any(|a| touches >> (2 * a) & 3 == 3),
        None => (0..3).any(|a| touches & winds(a) != 0),
    };
    let through: u64 = labels.components.iter().filter(|c| passes(c.touches)).map(|c| c.voxels).sum();
    // Void outside the hull of the solid belongs to what it leads into.
    let mut outside = 0;
    if through > 0 && study.region != study.void {
        let ways = labels.select(|c| passes(c.touches));
        let all = Labels::new(&study.void, Connectivity::Six, study.field.border, &[&ways], exec);
        let mut beside = all.select(|c| c.touches & 1 != 0);
        beside.subtract(&study.region);
        outside = beside.count();
    }
    let share = (through + outside) as f64 / void;
    let method = match sides {
        Some(_) => "void in components that touch both sides of an axis, over void (6-connected)",
        None => "void in components that wind round an axis of the periodic cell, over void (6-connected)",
    };
    out.add("interconnectivity.through_fraction", Figure::new(share, Unit::One, method));
}

/// How wide the way is to each place.
enum Ways {
    /// From outside: the basins and the width of the way to each.
    Outside(Basins, Vec<f32>),
    /// From a path that winds round the periodic cell: the width of the way to each voxel.
    Winding(Vec<f32>),
}

impl Ways {
    fn new(study: &Study<'_>, reach: &[f32], needs: &Needs, limits: &Limits, exec: &Exec) -> Result<Self, LimitError> {
        let frame = *study.frame();
        if study.field.border == Border::Open {
            let basins = Basins::new(&frame, Border::Open, reach, limits, exec)?;
            let sides = study.envelope.body.sides(&frame, &study.inside);
            let entries = voxels(sides.iter(), frame.size[0]);
            let widths = basins.from_entries(entries.iter().map(|&i| (i, reach[i])));
            return Ok(Self::Outside(basins, widths));
        }
        let greatest = reach.iter().copied().fold(0.0, f32::max);
        let mut levels: Vec<f32> = (0..WIDTHS).map(|k| greatest * (k as f32 + 0.5) / WIDTHS as f32).collect();
        let nudge = needs.doubt.max(0.05) * frame.coarsest();
        for (_, d) in &needs.accessible {
            levels.extend([d * (1.0 - 1e-3), d - nudge, d + nudge].map(|d| (d / 2.0) as f32));
        }
        levels.retain(|w| *w > 0.0);
        levels.sort_by(f32::total_cmp);
        Ok(Self::Winding(winding_widths(&frame, reach, &levels, limits, exec)?))
    }

    /// Radius of the largest sphere that can come to rest at the centre of a ball.
    fn width(&self, ball: &Ball) -> f32 {
        match self {
            Self::Outside(basins, widths) => basins.width_at(widths, ball.voxel as usize, ball.radius),
            Self::Winding(field) => field[ball.voxel as usize].min(ball.radius),
        }
    }
}

fn access(
    study: &Study<'_>,
    balls: &[Ball],
    reach: &[f32],
    needs: &Needs,
    limits: &Limits,
    exec: &Exec,
    out: &mut Figures,
) -> Result<(), LimitError> {
    let h = study.frame().coarsest();
    let ways = Ways::new(study, reach, needs, limits, exec)?;
    let width = |ball: &Ball| ways.width(ball);
    let cover = cover(&study.field, Phase::Void, &study.void, balls, width, Owners::Counts, limits, exec)?;
    // What no ball that comes from there covers counts as never reached.
    let items = || cover.balls().map(|(ball, count)| (2.0 * f64::from(width(ball)), f64::from(count)));
    let void = study.void.count() as f64;
    let reached = Sizes::new(items(), exec);
    let at_least = |d: f64| reached.share(d, f64::INFINITY) * reached.total() / void;
    let from = match study.field.border {
        Border::Open => "enter from outside",
        Border::Periodic => "come from a path that winds round the periodic cell",
    };
    for (id, d) in &needs.accessible {
        let share = at_least(*d * (1.0 - 1e-3));
        let doubt = needs.doubt.max(0.05) * h;
        let floor = (at_least(d - doubt) - at_least(d + doubt)).abs() / 2.0;
        out.add(
            format!("interconnectivity.accessible_{id}"),
            Figure::new(share, Unit::One, format!("share of void swept by spheres of {d:.0} µm that {from} (Moore)"))
                .floor(floor),
        );
    }
    // The largest diameter that still reaches 90 %.
    let unreached = (void - reached.total()).max(0.0);
    let with_rest = Sizes::new(items().chain(std::iter::once((0.0, unreached))), exec);
    if let Some(d90) = with_rest.quantile(0.1) {
        let step = match study.field.border {
            Border::Open => 0.05 * h,
            Border::Periodic => reached.largest().unwrap_or(0.0) / WIDTHS as f64,
        };
        out.add(
            "interconnectivity.d90",
            Figure::new(d90, Unit::Micrometre, "largest diameter at which 90 % of the void is accessible").floor(step),
        );
    }
    if let Some(largest) = with_rest.largest().filter(|l| *l > 0.0) {
        let (edges, fraction) = with_rest.histogram(class_width(largest));
        out.distributions.insert("access".to_owned(), Distribution { unit: Unit::Micrometre, edges, fraction });
    }
    Ok(())
}
