//! The wrap of a solid: what a ball that rolls in from outside cannot sweep.
//!
//! The closing of the solid by a ball, of which only the balls that come from outside count: a pore as wide as the ball
//! stays inside where its windows are narrower, a concave side is followed. With the distance d to the solid, centres of
//! the ball lie where d is at least its radius, in the part that reaches far out; the wrap is what lies at least a radius
//! away from all of these. Both distances are to surfaces between samples, so that the faces of a convex body stay where
//! they are, and its edges sharp.
//!
//! O(samples), 30 bytes a sample while it runs, 4 kept: 128 samples along the longest side, 32 to find out whether a wrap
//! matters at all.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::envelope::{Body, Envelope, EnvelopeChoice, EnvelopeKind};
use super::phases::Binarised;
use super::region::Region;
use crate::grid::{Border, Connectivity, Frame, Levels, Mask};
use crate::limits::{LimitError, Limits};
use crate::mesh::V3;
use crate::mesh::solid::SolidMesh;
use crate::parallel::Exec;
use crate::voxel::distance::{DistanceField, Facet};
use crate::voxel::inside::inside;
use crate::voxel::iso_surface::iso_surface;
use crate::voxel::labels::Labels;

/// Samples along the longest side of the solid, and where only the volume is wanted.
const SAMPLES: (f64, f64) = (128.0, 32.0);

/// Samples between the outermost centres of the ball and the end of the grid.
const MARGIN: f64 = 3.0;

/// The ball, where none is given, against the shortest side of the box round the solid.
const BALL: f64 = 0.5;

/// The wrap matters where it holds less than this of the convex hull, and may where its first estimate holds less than
/// that.
const MUCH_LESS: (f64, f64) = (0.9, 0.96);

/// A solid before it is a design.
pub(super) enum Solids<'a> {
    /// Bounded by a mesh.
    Mesh(&'a SolidMesh),
    /// Voxels of a volume.
    Volume(&'a Frame, &'a Levels, &'a Binarised),
}

/// Makes the wrap the body where it was asked for, and keeps it beside a body that was chosen by rule where it holds much
/// less than the hull; `bounds` is the box round the solid.
///
/// # Errors
/// When its samples do not fit the memory budget.
pub(super) fn wrap(
    envelope: &mut Envelope,
    choice: &EnvelopeChoice,
    bounds: (V3, V3),
    solid: &Solids<'_>,
    limits: &Limits,
    exec: &Exec,
) -> Result<(), crate::input::InputError> {
    let shortest = (bounds.1 - bounds.0).min();
    let of = |samples: f64, ball: f64| -> Result<Body, LimitError> {
        let region = rolled(bounds, solid, ball / 2.0, samples, limits, exec)?;
        Ok(Body::region(EnvelopeKind::Wrap, Arc::new(region)))
    };
    match choice {
        EnvelopeChoice::Wrap(ball) => {
            let ball = ball.unwrap_or(BALL * shortest);
            envelope.body = of(SAMPLES.0, ball)?;
            envelope.reason = format!("as asked, by a ball of {}", crate::units::Length::from_um(ball));
        }
        EnvelopeChoice::Auto if envelope.body.kind != EnvelopeKind::Grid => {
            let hull = envelope.hull.volume;
            if of(SAMPLES.1, BALL * shortest)?.volume < MUCH_LESS.1 * hull {
                let wrap = of(SAMPLES.0, BALL * shortest)?;
                envelope.wrap = Some(wrap).filter(|w| w.volume < MUCH_LESS.0 * hull);
            }
        }
        _ => {}
    }
    Ok(())
}

/// The samples of a solid: which lie in it, and its surface as seen from the first sample.
fn sampled(solid: &Solids<'_>, frame: &Frame, exec: &Exec) -> (Mask, Vec<Facet>) {
    match solid {
        Solids::Mesh(mesh) => {
            let local = |v: &V3| std::array::from_fn(|a| (v[a] - frame.origin[a]) as f32);
            let facets = mesh.surface.iter().map(|t| [local(&t[0]), local(&t[1]), local(&t[2])]).collect();
            (inside(frame, &mesh.mesh, mesh.closed(), exec), facets)
        }
        Solids::Volume(grid, levels, phases) => boxes(grid, levels, phases, frame),
    }
}

/// For each sample whose cell holds solid voxels the box round these, as facets: what is finer than a sample still ends
/// where its voxels end.
fn boxes(grid: &Frame, levels: &Levels, phases: &Binarised, frame: &Frame) -> (Mask, Vec<Facet>) {
    let mut corners: BTreeMap<usize, ([usize; 3], [usize; 3])> = BTreeMap::new();
    let mut mask = Mask::empty(frame.size);
    let cell = |i: usize, a: usize| {
        let at = (grid.origin[a] + i as f64 * grid.spacing[a] - frame.origin[a]) / frame.spacing[a];
        (at.round().max(0.0) as usize).min(frame.size[a] - 1)
    };
    let cells_x: Vec<usize> = (0..grid.size[0]).map(|x| cell(x, 0)).collect();
    for z in 0..grid.size[2] {
        for y in 0..grid.size[1] {
            let row = grid.index(0, y, z);
            let mut x = 0;
            while x < grid.size[0] {
                // The solid voxels of the row in one cell.
                let at = cells_x[x];
                let end = x + cells_x[x..].iter().take_while(|c| **c == at).count();
                let solid = |x: &usize| phases.signed(levels.get(row + x), 0.0) < 0.0;
                if let (Some(from), Some(to)) = ((x..end).find(solid), (x..end).rev().find(solid)) {
                    let (cy, cz) = (cell(y, 1), cell(z, 2));
                    mask.insert(at, cy, cz);
                    let held = corners.entry(frame.index(at, cy, cz)).or_insert(([from, y, z], [to, y, z]));
                    for (a, (low, high)) in [(from, to), (y, y), (z, z)].into_iter().enumerate() {
                        held.0[a] = held.0[a].min(low);
                        held.1[a] = held.1[a].max(high);
                    }
                }
                x = end;
            }
        }
    }
    let mut facets = Vec::with_capacity(12 * corners.len());
    for (low, high) in corners.into_values() {
        let end = |a: usize, up: bool| {
            let face = if up { high[a] as f64 + 0.5 } else { low[a] as f64 - 0.5 };
            (grid.origin[a] + face * grid.spacing[a] - frame.origin[a]) as f32
        };
        for axis in 0..3 {
            for up in [false, true] {
                let corner = |u: bool, v: bool| {
                    let mut p = [0.0; 3];
                    p[axis] = end(axis, up);
                    p[(axis + 1) % 3] = end((axis + 1) % 3, u);
                    p[(axis + 2) % 3] = end((axis + 2) % 3, v);
                    p
                };
                let [a, b, c, d] = [corner(false, false), corner(true, false), corner(true, true), corner(false, true)];
                facets.extend([[a, b, c], [a, c, d]]);
            }
        }
    }
    (mask, facets)
}

/// The wrap by a ball of this radius.
fn rolled(
    (low, high): (V3, V3),
    solid: &Solids<'_>,
    radius: f64,
    samples: f64,
    limits: &Limits,
    exec: &Exec,
) -> Result<Region, LimitError> {
    let step = (high - low).max() / samples;
    let margin = radius + MARGIN * step;
    let size: [usize; 3] = std::array::from_fn(|a| ((high[a] - low[a] + 2.0 * margin) / step).ceil() as usize);
    let origin = std::array::from_fn(|a| f64::midpoint(low[a], high[a]) - (size[a] as f64 - 1.0) / 2.0 * step);
    let frame = Frame { size, spacing: [step; 3], origin };
    limits.check("the wrap", frame.len() as u64, 30)?;
    let (mask, facets) = sampled(solid, &frame, exec);
    let distance = DistanceField::new(frame, Border::Open, facets, &mask, limits, exec)?.values;
    let reach = radius as f32;
    // Where the ball may stand, in the part that reaches the end of the grid.
    let mut stands = Mask::empty(size);
    for (i, _) in distance.iter().enumerate().filter(|(_, d)| **d >= reach) {
        let [x, y, z] = frame.voxel(i);
        stands.insert(x, y, z);
    }
    let rim = Mask::full(size).rim();
    let labels = Labels::new(&stands, Connectivity::Six, Border::Open, &[&rim], exec);
    let outside = labels.select(|c| c.touches != 0);
    drop(stands);
    // The surface of its centres, and how far each sample lies from it.
    let coordinates: [Vec<f64>; 3] = std::array::from_fn(|a| (0..size[a]).map(|i| i as f64 * step).collect());
    let grid = [&coordinates[0][..], &coordinates[1][..], &coordinates[2][..]];
    let single = |v: &V3| [v.x as f32, v.y as f32, v.z as f32];
    let centres = iso_surface(
        grid,
        |x, y, z| {
            let d = f64::from(distance[frame.index(x, y, z)]) - radius;
            if outside.get(x, y, z) { d.max(1e-6 * step) } else { d.min(-1e-6 * step) }
        },
        single,
        exec,
    );
    drop(distance);
    let mut depth = DistanceField::new(frame, Border::Open, centres, &outside, limits, exec)?.values;
    // Positive away from the centres: at a radius from them the wrap begins.
    depth.iter_mut().for_each(|d| *d -= reach);
    let surface = iso_surface(grid, |x, y, z| -f64::from(depth[frame.index(x, y, z)]), |v| *v, exec);
    let volume: f64 = surface.iter().map(|[a, b, c]| a.dot(&b.cross(c)) / 6.0).sum();
    // The box of a wrap is that of its solid.
    let volume = volume.abs().min((high - low).product());
    let name = format!("wrap by a ball of {:.4} mm", 2.0 * radius / 1e3);
    Ok(Region {
        name,
        sha256: String::new(),
        volume,
        low,
        high,
        frame,
        depth,
        surface: Vec::new(),
        nearest: Vec::new(),
        mesh: None,
        lie: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::shapes::{cuboid, join};
    use std::f64::consts::PI;

    fn wrapped(mesh: crate::mesh::Mesh, ball: f64, samples: f64) -> Region {
        let exec = Exec::silent(2).unwrap();
        let solid = SolidMesh::new(mesh, &exec).unwrap();
        let bounds = solid.mesh.bounds().unwrap();
        let limits = Limits { memory: 1 << 30 };
        rolled(bounds, &Solids::Mesh(&solid), ball / 2.0, samples, &limits, &exec).unwrap()
    }

    #[test]
    fn a_box_is_its_own_wrap() {
        for samples in [40.0, 64.0] {
            let wrap = wrapped(cuboid([10.0, 0.0, 0.0], [110.0, 70.0, 40.0]), 30.0, samples);
            // Marching cubes takes a sliver off the edges: of a step across, along all twelve.
            let step: f64 = 100.0 / samples;
            let sliver = 4.0 * (100.0 + 70.0 + 40.0) * step * step / 2.0;
            let truth = 100.0 * 70.0 * 40.0;
            assert!(wrap.volume <= truth && truth - wrap.volume < sliver, "{} {truth} {sliver}", wrap.volume);
            let depth = wrap.depth(&V3::new(60.0, 35.0, 4.0));
            assert!((depth - 4.0).abs() < 0.1, "{depth}");
        }
    }

    #[test]
    fn an_angle_is_followed_up_to_the_ball_and_pores_are_not_entered() {
        // Two legs of 30 × 90 × 30, with windows of 10 in the outer one: the inner edge is rounded with the ball.
        let legs = [
            cuboid([0.0, 0.0, 0.0], [30.0, 90.0, 30.0]),
            cuboid([30.0, 0.0, 0.0], [90.0, 12.0, 30.0]),
            cuboid([30.0, 22.0, 0.0], [90.0, 30.0, 30.0]),
            cuboid([80.0, 12.0, 0.0], [90.0, 22.0, 30.0]),
        ];
        let mesh = join(&legs);
        for ball in [16.0f64, 24.0] {
            let wrap = wrapped(mesh.clone(), ball, 120.0);
            let fillet = (1.0 - PI / 4.0) * (ball / 2.0).powi(2);
            // The slot between the legs' bars is open above and below: a ball wider than it dips in by its sagitta.
            let (r, w) = (ball / 2.0, 10.0);
            let half = (w / 2.0 / r).asin();
            let dip = r * r * half - w / 2.0 * (r * r - w * w / 4.0).sqrt();
            // At the ends of the slot it dips in less: of a slot of 50 that is a small part.
            let truth = (30.0 * 90.0 + 60.0 * 30.0 + fillet) * 30.0 - 2.0 * dip * (50.0 - w / 2.0);
            assert!((wrap.volume / truth - 1.0).abs() < 0.006, "{ball}: {} {truth}", wrap.volume);
            assert!(wrap.depth(&V3::new(55.0, 17.0, 15.0)) > 5.0, "inside the slot");
            assert!(wrap.depth(&V3::new(60.0, 60.0, 15.0)) < -10.0, "between the legs");
        }
    }
}
