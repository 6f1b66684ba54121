//! Interconnectivity: what can travel through the void, how wide the ways are, and how much of it can be reached.
//!
//! The weight of a voxel is the radius of the sphere that fits there; near the ridge that of the maximal ball, so that a
//! throat is not read too narrow by the position of the grid. The percolation diameter along an axis is that of the
//! widest path from one side to the other, through void inside the convex hull of the solid, the sphere staying within
//! the lateral faces of the envelope; of a periodic cell, of the widest path that winds round the axis. The sphere is
//! stopped at the bottleneck of that path, which is given with its place; where that is opened, the widest path has
//! another bottleneck, and so on: the order in which windows are worth widening. (A neck longer than its width counts once
//! for each diameter of its length.)
//!
//! About 20 ns a voxel for each axis and each bottleneck.

use super::access::{self, Swept, Ways};
use super::details::Throat;
use super::figure::{Figure, Figures};
use super::sampling;
use super::survey::Needs;
use super::voids;
use crate::design::{Finding, SIDES, Severity, Study};
use crate::grid::{Border, Connectivity, Frame, Mask};
use crate::limits::{LimitError, Limits};
use crate::mesh::V3;
use crate::parallel::Exec;
use crate::units::Unit;
use crate::voxel::labels::{Labels, winds};
use crate::voxel::passage::{Goal, Passage, widest_passage};
use crate::voxel::ridge::Ridge;
use crate::voxel::thickness::Cover;

/// The three axes.
pub const AXES: [&str; 3] = ["x", "y", "z"];

/// Weight of void that is taken as open: wider than any sphere.
const WIDE: f32 = 1e12;

/// Searches at most for each bottleneck that is wanted.
const SEARCHES: usize = 8;

/// Radius of the sphere that fits at each voxel of void, with the maximal balls where they are; 0 elsewhere. 4 bytes a
/// voxel.
pub(super) fn reach(study: &Study<'_>, ridge: &Ridge, limits: &Limits, exec: &Exec) -> Result<Vec<f32>, LimitError> {
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
pub(super) fn voxels<'a>(masks: impl Iterator<Item = &'a Mask>, nx: usize) -> Vec<usize> {
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

/// Measures paths and access, and the accessible shares that are needed; `cover` is of the void by its maximal balls,
/// `closed` is closed void.
///
/// # Errors
/// When a field does not fit the memory budget.
pub fn measure(
    study: &Study<'_>,
    ridge: &Ridge,
    cover: Cover<'_>,
    closed: &Mask,
    needs: &Needs,
    limits: &Limits,
    exec: &Exec,
    out: &mut Figures,
) -> Result<(), LimitError> {
    let frame = *study.frame();
    let body = &study.envelope.body;
    let sides = (study.field.border == Border::Open).then(|| {
        let path_body = if study.envelope.hull.volume < body.volume { &study.envelope.hull } else { body };
        let mut whole_region = study.inside.clone();
        whole_region.intersect(&path_body.mask(&frame, exec));
        let mut sides = path_body.sides(&frame, &whole_region);
        for side in &mut sides {
            side.intersect(&study.region);
        }
        sides
    });
    let through = through(study, sides.as_ref(), exec, out);
    let ways = Ways::new(study, &reach(study, ridge, limits, exec)?, needs, limits, exec)?;
    let swept = Swept::new(study, cover, &ways, needs, limits, exec)?;
    // Made anew rather than held while the owners of the cover are: 4 bytes a voxel less at the peak.
    let reach = reach(study, ridge, limits, exec)?;
    access::measure(study, swept, &reach, &ways, closed, needs, limits, exec, out)?;
    voids::list(study, &reach, &ways, closed, sides.as_ref().map(|_| &through), exec, out);
    voids::trapped(study, &reach, &ways, needs, exec, out);
    drop(ways);
    let mut weights = limits.try_vec("the widest paths", frame.len(), 0.0f32)?;
    for axis in 0..3 {
        let goal = match &sides {
            Some(sides) => Goal::Between(&sides[2 * axis], &sides[2 * axis + 1]),
            None => Goal::Round(axis),
        };
        path(study, &reach, &mut weights, axis, goal, needs, exec, out);
    }
    Ok(())
}

/// The widest path along an axis, and the bottlenecks that come next when the void round those before is opened.
/// `weights` is room for them.
fn path(
    study: &Study<'_>,
    reach: &[f32],
    weights: &mut [f32],
    axis: usize,
    goal: Goal<'_>,
    needs: &Needs,
    exec: &Exec,
    out: &mut Figures,
) {
    let frame = *study.frame();
    let name = AXES[axis];
    let faces = match goal {
        Goal::Between(..) => study.envelope.body.lateral(axis),
        Goal::Round(_) => Vec::new(),
    };
    let [nx, ny, _] = frame.size;
    weights.fill(0.0);
    exec.chunks(weights, nx * ny, |z, plane| {
        for y in 0..ny {
            let first = frame.index(0, y, z);
            let start = V3::from(frame.centre([0, y, z]));
            study.region.runs(y, z, |from, to| {
                let row = &mut plane[nx * y + from..nx * y + to];
                row.copy_from_slice(&reach[first + from..first + to]);
                // The sphere stays within the faces of the body that are no sides of the axis.
                if let (Some(region), Goal::Between(..)) = (&study.envelope.body.region, goal) {
                    for (x, w) in (from..to).zip(row.iter_mut()).filter(|(_, w)| **w > 0.0) {
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
                        (from..to).zip(row.iter_mut()).for_each(|(x, w)| *w = w.min((depth + step * x as f64) as f32));
                    }
                }
            });
        }
    });
    let found = widest_passage(&frame, study.field.border, weights, goal, exec);
    let id = format!("interconnectivity.percolation_diameter.{name}");
    let diameter = found.map_or(0.0, |p| 2.0 * f64::from(p.radius));
    let method = match goal {
        Goal::Between(..) => {
            "largest sphere that travels from side to side: widest path, 6-connected, inside the solid's hull"
        }
        Goal::Round(_) => "largest sphere that can wind round the axis of the periodic cell: widest path, 6-connected",
    };
    out.add(&id, Figure::new(diameter, Unit::Micrometre, method).floor(0.05 * frame.coarsest()));
    let Some(found) = found else {
        out.findings.push(Finding::new(
            "void.no_path",
            Severity::Warning,
            format!("no way through the void along {name}, for a sphere of any size"),
        ));
        return;
    };
    // What the parts of a small sample differ by.
    let d50 = out.figures.get("pore_size.d50").map_or(0.0, |f| f.value);
    if let (Goal::Between(from, to), Some(_)) = (goal, sampling::pores_across(study, d50)) {
        let parts = sampling::paths(&frame, weights, [from, to], &study.region, axis, exec);
        sampling::widen(out, &id, sampling::half_width(&parts));
    }
    out.places.insert(id, frame.centre(found.throat));
    if needs.throats > 0 {
        let throats = bottlenecks(&frame, study.field.border, weights, goal, found, needs.throats, exec);
        out.details.throats.insert(name.to_owned(), throats);
    }
}

/// The bottleneck of the widest path, and the next ones: each is that of the widest path when the spheres at those before
/// are open void. A sphere that overlaps that of a throat stands in the funnel of it and is opened with it, untold. Each
/// sphere takes one more search.
fn bottlenecks(
    frame: &Frame,
    border: Border,
    weights: &mut [f32],
    goal: Goal<'_>,
    first: Passage,
    count: usize,
    exec: &Exec,
) -> Vec<Throat> {
    let [nx, ny, _] = frame.size;
    let extent = frame.extent();
    let along = |a: usize, d: f64| match border {
        Border::Periodic => d - extent[a] * (d / extent[a]).round(),
        Border::Open => d,
    };
    let sphere = |p: Passage| (frame.centre(p.throat), f64::from(p.radius));
    let mut open = |(centre, radius): ([f64; 3], f64)| {
        exec.chunks(weights, nx * ny, |z, plane| {
            let squared = |a: usize, voxel: usize| {
                along(a, frame.origin[a] + voxel as f64 * frame.spacing[a] - centre[a]).powi(2)
            };
            for (y, row) in plane.chunks_mut(nx).enumerate() {
                let rest = radius * radius - squared(1, y) - squared(2, z);
                if rest < 0.0 {
                    continue;
                }
                for (_, w) in row.iter_mut().enumerate().filter(|(x, w)| **w > 0.0 && squared(0, *x) <= rest) {
                    *w = WIDE;
                }
            }
        });
        widest_passage(frame, border, weights, goal, exec).filter(|p| p.radius < WIDE)
    };
    let mut told = vec![sphere(first)];
    let mut last = told[0];
    for _ in 1..SEARCHES * count {
        if told.len() >= count {
            break;
        }
        let Some(next) = open(last) else { break };
        let (place, radius) = sphere(next);
        let overlaps = told.iter().any(|(centre, other)| {
            let squared: f64 = (0..3).map(|a| along(a, place[a] - centre[a]).powi(2)).sum();
            squared < (radius + other).powi(2)
        });
        if !overlaps {
            told.push((place, radius));
        }
        last = (place, radius);
    }
    told.into_iter().map(|(at_um, radius)| Throat { diameter_um: 2.0 * radius, at_um }).collect()
}

/// Shares of void in components that reach opposite sides, or wind round an axis. The void in these, with what lies
/// outside the hull of the solid and leads into them.
fn through(study: &Study<'_>, sides: Option<&[Mask; SIDES]>, exec: &Exec, out: &mut Figures) -> Mask {
    let masks: Vec<&Mask> = sides.into_iter().flatten().collect();
    let labels = Labels::new(&study.region, Connectivity::Six, study.field.border, &masks, exec);
    let void = study.void.count() as f64;
    if void == 0.0 {
        return Mask::empty(study.frame().size);
    }
    let passes = |touches: u32| match sides {
        Some(_) => (0..3).any(|a| touches >> (2 * a) & 3 == 3),
        None => (0..3).any(|a| touches & winds(a) != 0),
    };
    let through: u64 = labels.components.iter().filter(|c| passes(c.touches)).map(|c| c.voxels).sum();
    let mut leads = labels.select(|c| passes(c.touches));
    // Void outside the hull of the solid belongs to what it leads into.
    let mut outside = 0;
    if through > 0 && study.region != study.void {
        let all = Labels::new(&study.void, Connectivity::Six, study.field.border, &[&leads], exec);
        let mut beside = all.select(|c| c.touches & 1 != 0);
        beside.subtract(&study.region);
        outside = beside.count();
        leads.unite(&beside);
    }
    let share = (through + outside) as f64 / void;
    let method = match sides {
        Some(_) => "void in components that touch both sides of an axis, over void (6-connected)",
        None => "void in components that wind round an axis of the periodic cell, over void (6-connected)",
    };
    out.add("interconnectivity.through_fraction", Figure::new(share, Unit::One, method));
    leads
}
