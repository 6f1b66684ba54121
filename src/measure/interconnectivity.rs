//! Interconnectivity: what can travel through the void, how wide the ways are, and how much of it can be reached.
//!
//! The weight of a voxel is the radius of the sphere that fits there; near the ridge that of the maximal ball, so that a
//! throat is not read too narrow by the position of the grid. The percolation diameter along an axis is that of the
//! widest path from one side to the other, through void inside the convex hull of the solid, the sphere staying within
//! the lateral faces of the envelope. The accessible void at d (Moore et al. 2004, doi:10.1002/jbm.a.30138) is what
//! spheres sweep whose centre is reached from outside at a width of at least d: the maximal balls, painted in falling
//! order of that width.

use super::figure::{Distribution, Figure, Figures};
use super::pore_size::class_width;
use super::sizes::Sizes;
use super::survey::Needs;
use crate::design::{CutPores, Finding, SIDES, Severity, Study};
use crate::grid::{Connectivity, Mask};
use crate::limits::{LimitError, Limits};
use crate::mesh::V3;
use crate::parallel::Exec;
use crate::units::Unit;
use crate::voxel::labels::Labels;
use crate::voxel::paint::BARE;
use crate::voxel::ridge::{Ball, Phase};
use crate::voxel::thickness::cover;
use crate::voxel::widest::Basins;

/// The three axes.
pub const AXES: [&str; 3] = ["x", "y", "z"];

/// Radius of the sphere that fits at each voxel of void, with the maximal balls where they are.
fn reach(study: &Study<'_>, balls: &[Ball], limits: &Limits) -> Result<Vec<f32>, LimitError> {
    let mut reach = limits.try_vec("the widest paths", study.field.values.len(), 0.0f32)?;
    reach.copy_from_slice(&study.field.values);
    let frame = study.frame();
    for ball in balls {
        let at = &mut reach[ball.voxel as usize];
        *at = at.max(ball.radius);
        // The sphere may as well be where the ball is: the voxel that holds its centre.
        let voxel: [usize; 3] = std::array::from_fn(|a| {
            let i = (f64::from(ball.centre[a]) / frame.spacing[a]).round();
            (i.max(0.0) as usize).min(frame.size[a] - 1)
        });
        let at = &mut reach[frame.index(voxel[0], voxel[1], voxel[2])];
        *at = at.max(ball.radius);
    }
    Ok(reach)
}

/// Voxels of a set.
fn voxels(mask: &Mask, nx: usize) -> Vec<usize> {
    let [_, ny, nz] = mask.size();
    let mut list = Vec::new();
    for z in 0..nz {
        for y in 0..ny {
            mask.runs(y, z, |from, to| list.extend((from..to).map(|x| x + nx * (y + ny * z))));
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
    balls: &[Ball],
    needs: &Needs,
    limits: &Limits,
    exec: &Exec,
    out: &mut Figures,
) -> Result<(), LimitError> {
    let frame = *study.frame();
    let nx = frame.size[0];
    let h = frame.coarsest();
    let body = &study.envelope.body;
    let path_body = if study.envelope.hull.volume < body.volume { &study.envelope.hull } else { body };
    let mut path_inside = study.region.clone();
    let mut whole_region = study.inside.clone();
    whole_region.intersect(&path_body.mask(&frame, exec));
    let mut sides = path_body.sides(&frame, &whole_region);
    for side in &mut sides {
        side.intersect(&study.region);
    }
    through(study, &sides, out);
    path_inside.intersect(&study.void);
    let reach = reach(study, balls, limits)?;
    if study.cut != CutPores::Periodic {
        for (axis, name) in AXES.iter().enumerate() {
            let weight = lateral_weights(study, &reach, &path_inside, axis, limits, exec)?;
            let weight = |i: usize| weight[i];
            let basins = Basins::new(&frame, study.field.border, weight, limits, exec)?;
            let entries = voxels(&sides[2 * axis], nx);
            let exits = voxels(&sides[2 * axis + 1], nx);
            let widths = basins.from_entries(entries.iter().map(|&i| (i, weight(i))));
            let best = basins.widest_exit(&widths, exits.iter().map(|&i| (i, weight(i))));
            let id = format!("interconnectivity.percolation_diameter.{name}");
            let diameter = best.map_or(0.0, |(radius, _)| 2.0 * f64::from(radius));
            let method =
                "largest sphere that travels from side to side: widest path, 6-connected, inside the solid's hull";
            out.add(&id, Figure::new(diameter, Unit::Micrometre, method).floor(0.05 * h));
            if let Some((_, throat)) = best {
                out.places.insert(id, frame.centre(frame.voxel(throat)));
            } else {
                out.findings.push(Finding::new(
                    "void.no_path",
                    Severity::Warning,
                    format!("no way through the void along {name}, for a sphere of any size"),
                ));
            }
        }
    }
    access(study, balls, &reach, needs, limits, exec, out)
}

/// Radius of the sphere that fits at each voxel and stays within the faces of the body that are no sides of the axis.
fn lateral_weights(
    study: &Study<'_>,
    reach: &[f32],
    region: &Mask,
    axis: usize,
    limits: &Limits,
    exec: &Exec,
) -> Result<Vec<f32>, LimitError> {
    let frame = *study.frame();
    let [nx, ny, _] = frame.size;
    let faces = study.envelope.body.lateral(axis);
    let mut weights = limits.try_vec("the widest paths", reach.len(), 0.0f32)?;
    exec.chunks(&mut weights, nx * ny, |z, plane| {
        for y in 0..ny {
            let start = V3::from(frame.centre([0, y, z]));
            region.runs(y, z, |from, to| {
                let row = &mut plane[nx * y + from..nx * y + to];
                let first = frame.index(from, y, z);
                row.copy_from_slice(&reach[first..first + to - from]);
                for face in &faces {
                    let (depth, step) = (face.depth(&start), -face.normal.x * frame.spacing[0]);
                    for (k, weight) in row.iter_mut().enumerate() {
                        *weight = weight.min((depth + step * (from + k) as f64) as f32);
                    }
                }
            });
        }
    });
    Ok(weights)
}

/// Shares of void in components that reach opposite sides.
fn through(study: &Study<'_>, sides: &[Mask; SIDES], out: &mut Figures) {
    if study.cut == CutPores::Periodic {
        return;
    }
    let labels = Labels::new(&study.region, Connectivity::Six, study.field.border, &sides.each_ref());
    let void = study.void.count() as f64;
    if void == 0.0 {
        return;
    }
    let passes = |touches: u32| (0..3).any(|a| touches >> (2 * a) & 3 == 3);
    let through: u64 = labels.components.iter().filter(|c| passes(c.touches)).map(|c| c.voxels).sum();
    // Open void outside the hull of the solid belongs to what it leads into.
    let outside = void - study.region.count() as f64;
    let share = if through > 0 { (through as f64 + outside) / void } else { 0.0 };
    out.add(
        "interconnectivity.through_fraction",
        Figure::new(share, Unit::One, "void in components that touch both sides of an axis, over void (6-connected)"),
    );
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
    let frame = *study.frame();
    let h = frame.coarsest();
    if study.cut == CutPores::Periodic {
        return Ok(());
    }
    let mut inside = limits.try_vec("the widest paths", reach.len(), 0.0f32)?;
    exec.chunks(&mut inside, frame.size[0] * frame.size[1], |z, plane| {
        for y in 0..frame.size[1] {
            study.void.runs(y, z, |from, to| {
                let row = frame.size[0] * y;
                let all = frame.index(0, y, z);
                plane[row + from..row + to].copy_from_slice(&reach[all + from..all + to]);
            });
        }
    });
    let weight = |i: usize| inside[i];
    let basins = Basins::new(&frame, study.field.border, weight, limits, exec)?;
    let sides = study.envelope.body.sides(&frame, &study.inside);
    let entries: Vec<usize> = sides.iter().flat_map(|s| voxels(s, frame.size[0])).collect();
    let widths = basins.from_entries(entries.iter().map(|&i| (i, weight(i))));
    let width = |ball: &Ball| basins.width_at(&widths, ball.voxel as usize, ball.radius);
    let cover = cover(&study.field, Phase::Void, &study.void, balls.to_vec(), width, limits, exec)?;
    let mut counts = vec![0u32; cover.balls.len()];
    for &owner in cover.owner.iter().filter(|&&o| o != BARE) {
        counts[owner as usize] += 1;
    }
    let void = study.void.count() as f64;
    let reached =
        Sizes::new((0..counts.len()).map(|b| (2.0 * f64::from(width(&cover.balls[b])), f64::from(counts[b]))));
    // What no ball from outside covers was painted by nothing: it counts as never reached.
    let at_least = |d: f64| reached.share(d, f64::INFINITY) * reached.total() / void;
    for (id, d) in &needs.accessible {
        let share = at_least(*d * (1.0 - 1e-3));
        let doubt = needs.doubt.max(0.05) * h;
        let floor = (at_least(d - doubt) - at_least(d + doubt)).abs() / 2.0;
        out.add(
            format!("interconnectivity.accessible_{id}"),
            Figure::new(
                share,
                Unit::One,
                format!("share of void swept by spheres of {d:.0} µm that enter from outside (Moore)"),
            )
            .floor(floor),
        );
    }
    // The largest diameter that still reaches 90 %.
    let unreached = (void - reached.total()).max(0.0);
    let with_rest = Sizes::new(
        (0..counts.len())
            .map(|b| (2.0 * f64::from(width(&cover.balls[b])), f64::from(counts[b])))
            .chain(std::iter::once((0.0, unreached))),
    );
    if let Some(d90) = with_rest.quantile(0.1) {
        out.add(
            "interconnectivity.d90",
            Figure::new(d90, Unit::Micrometre, "largest diameter at which 90 % of the void is accessible from outside")
                .floor(0.05 * h),
        );
    }
    if let Some(largest) = with_rest.largest().filter(|l| *l > 0.0) {
        let (edges, fraction) = with_rest.histogram(class_width(largest));
        out.distributions.insert("access".to_owned(), Distribution { unit: Unit::Micrometre, edges, fraction });
    }
    Ok(())
}
