//! Signed distances on the lattice of a body, and the solid at any offset from it.
//!
//! The offset solid is { p in the body : d(p) < o }, d being the signed distance to the surface without the caps where
//! the body cuts the solid: the cut stays where it is, and what grows beyond the body is cut off. Nodes lie on the faces
//! of the body's box, so that caps come out flat and in place; the distances are sampled a thousandth of a cell inside of
//! them, where inside and outside are beyond doubt. On a periodic cell the lattice wraps round.
//!
//! The volume V(o) is the distribution function of d over the body: each node counts with its cell, those at the surface
//! in part, by the width of a cell across the local normal.
//!
//! Errors: sharp edges come out chamfered by up to half a cell; a solid of square bars of width w is too small by about
//! 0.6 (step / w)². O(nodes); 12 bytes a node.

use crate::design::{Body, EnvelopeKind, StudyError};
use crate::grid::{Border, Frame};
use crate::limits::Limits;
use crate::mesh::solid::SolidMesh;
use crate::mesh::{Mesh, V3};
use crate::parallel::Exec;
use crate::voxel::distance::{DistanceField, Facet};
use crate::voxel::inside::inside;
use crate::voxel::iso_surface::iso_surface;

/// How far inside the faces of the body its outermost nodes are sampled, in cells.
const INSET: f64 = 1e-3;

/// Bytes that a node takes while the lattice is made.
const BYTES_PER_NODE: u64 = 36;

/// Signed distances at the nodes of a body.
#[derive(Clone, Debug)]
pub(super) struct Lattice {
    /// Cells along each axis.
    cells: [usize; 3],
    /// Edges of a cell, in µm.
    pitch: V3,
    low: V3,
    border: Border,
    /// Distances, negative in solid, in µm.
    values: Vec<f32>,
    /// How deep each node lies in a body that is no box.
    depth: Option<Vec<f32>>,
}

impl Lattice {
    /// Samples a solid over its body, in cells of about `step` µm.
    pub(super) fn of(
        solid: &SolidMesh,
        body: &Body,
        step: f64,
        border: Border,
        limits: &Limits,
        exec: &Exec,
    ) -> Result<Self, StudyError> {
        let extent = body.high - body.low;
        let cells: [usize; 3] = std::array::from_fn(|a| ((extent[a] / step - 1e-6).ceil().max(2.0)) as usize);
        let pitch = V3::from_fn(|a, _| extent[a] / cells[a] as f64);
        let open = border == Border::Open;
        let frame = Frame {
            size: cells.map(|n| n + usize::from(open)),
            spacing: std::array::from_fn(|a| pitch[a] * if open { 1.0 - 2.0 * INSET / cells[a] as f64 } else { 1.0 }),
            origin: std::array::from_fn(|a| body.low[a] + INSET * pitch[a]),
        };
        limits.check("the changed design", frame.len() as u64, BYTES_PER_NODE)?;
        exec.stage("distances for changes")?;
        let within = inside(&frame, &solid.mesh, solid.closed(), exec);
        let corner = |v: V3| std::array::from_fn(|a| (v[a] - frame.origin[a]) as f32);
        let surface: Vec<Facet> =
            solid.surface.iter().filter(|t| !body.holds_on_surface(t)).map(|t| t.map(corner)).collect();
        if surface.is_empty() {
            return Err(StudyError::OnePhase("solid"));
        }
        let values = DistanceField::new(frame, border, surface, &within, limits, exec)?.values;
        let depth = (!matches!(body.kind, EnvelopeKind::Box | EnvelopeKind::Grid)).then(|| {
            let planes = exec.map(frame.size[2], |z| {
                let nodes = (0..frame.size[0] * frame.size[1]).map(|k| [k % frame.size[0], k / frame.size[0], z]);
                nodes.map(|node| body.depth(&V3::from(frame.centre(node))) as f32).collect::<Vec<f32>>()
            });
            planes.concat()
        });
        exec.checkpoint()?;
        Ok(Self { cells, pitch, low: body.low, border, values, depth })
    }

    fn index(&self, node: [usize; 3]) -> usize {
        let size = self.size();
        let [x, y, z] = [0, 1, 2].map(|a| if self.border == Border::Open { node[a] } else { node[a] % self.cells[a] });
        x + size[0] * (y + size[1] * z)
    }

    fn size(&self) -> [usize; 3] {
        self.cells.map(|n| n + usize::from(self.border == Border::Open))
    }

    /// The surface of the solid that is grown by `offset` µm (thinned, where it is negative), closed on the faces of the
    /// body. Its corners are those that a file of single precision in millimetres keeps.
    pub(super) fn surface(&self, offset: f64, exec: &Exec) -> Option<Mesh> {
        let coordinates: [Vec<f64>; 3] = std::array::from_fn(|a| {
            let node = |i: usize| self.low[a] + i as f64 * self.pitch[a];
            let last = self.cells[a];
            std::iter::once(node(0)).chain((0..=last).map(node)).chain([node(last)]).collect()
        });
        let grain = 1e-3 * self.pitch.min();
        let sample = |x: usize, y: usize, z: usize| {
            let at = [x, y, z];
            if (0..3).any(|a| at[a] == 0 || at[a] == self.cells[a] + 2) {
                return self.pitch.min();
            }
            let i = self.index(at.map(|i| i - 1));
            let mut value = f64::from(self.values[i]) - offset;
            if let Some(depth) = &self.depth {
                value = value.max(-f64::from(depth[i]));
            }
            // No corner nearer to a node than a grain: it would only make slivers.
            if value.abs() < grain { grain.copysign(value) } else { value }
        };
        let single = |v: V3| v.map(|c| f64::from((c / 1e3) as f32) * 1e3);
        let triangles: Vec<[V3; 3]> =
            iso_surface([&coordinates[0], &coordinates[1], &coordinates[2]], sample, |v| single(*v), exec)
                .into_iter()
                .filter(|[a, b, c]| a != b && b != c && c != a)
                .collect();
        Mesh::weld(&triangles).ok().filter(|mesh| !mesh.triangles.is_empty())
    }

    /// Volume of the solid at each of the offsets, in µm³.
    pub(super) fn volumes(&self, offsets: &[f64], exec: &Exec) -> Vec<f64> {
        let size = self.size();
        let least = offsets.iter().copied().fold(f64::INFINITY, f64::min);
        let greatest = offsets.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let planes = exec.map(size[2], |z| {
            let mut sums = vec![0.0; offsets.len()];
            for y in 0..size[1] {
                for x in 0..size[0] {
                    let node = [x, y, z];
                    let i = self.index(node);
                    let value = f64::from(self.values[i]);
                    let mut weight = 1.0;
                    if self.border == Border::Open {
                        let faces = (0..3).filter(|&a| node[a] == 0 || node[a] == self.cells[a]).count();
                        weight = 0.5f64.powi(faces as i32);
                    }
                    if let Some(depth) = &self.depth {
                        weight *= (0.5 + f64::from(depth[i]) / self.pitch.max()).clamp(0.0, 1.0);
                    }
                    let reach = self.pitch.sum();
                    if weight == 0.0 || value > greatest + reach {
                        continue;
                    }
                    let width = if value < least - reach { reach } else { self.width(node) };
                    for (sum, offset) in sums.iter_mut().zip(offsets) {
                        *sum += weight * (0.5 - (value - offset) / width).clamp(0.0, 1.0);
                    }
                }
            }
            sums
        });
        let cell = self.pitch.product();
        (0..offsets.len()).map(|k| planes.iter().filter_map(|sums| sums.get(k)).sum::<f64>() * cell).collect()
    }

    /// Width of a cell across the surface that is nearest to a node.
    fn width(&self, node: [usize; 3]) -> f64 {
        let slope = V3::from_fn(|a, _| {
            let n = self.cells[a];
            let (mut before, mut after) = (node, node);
            if self.border == Border::Open {
                before[a] = node[a].saturating_sub(1);
                after[a] = (node[a] + 1).min(n);
            } else {
                before[a] = (node[a] + n - 1) % n;
                after[a] = (node[a] + 1) % n;
            }
            let steps = if self.border == Border::Open { (after[a] - before[a]) as f64 } else { 2.0 };
            f64::from(self.values[self.index(after)] - self.values[self.index(before)]) / (steps * self.pitch[a])
        });
        match slope.try_normalize(0.3) {
            Some(normal) => normal.abs().dot(&self.pitch),
            None => self.pitch.mean() * 3f64.sqrt(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::shapes::{cuboid, join, sphere};

    fn lattice(mesh: Mesh, body: &Body, step: f64, border: Border) -> Lattice {
        let exec = Exec::silent(2).unwrap();
        let solid = SolidMesh::new(mesh, &exec).unwrap();
        Lattice::of(&solid, body, step, border, &Limits { memory: 1 << 30 }, &exec).unwrap()
    }

    #[test]
    fn a_ball_grows_and_shrinks_by_its_radius() {
        let exec = Exec::silent(2).unwrap();
        let body = Body::cuboid(EnvelopeKind::Box, V3::zeros(), V3::new(1000.0, 1000.0, 1000.0));
        let lattice = lattice(sphere([500.0; 3], 300.0, 60), &body, 20.0, Border::Open);
        let offsets = [-100.0, -40.0, 0.0, 60.0, 150.0];
        let volumes = lattice.volumes(&offsets, &exec);
        for (offset, volume) in offsets.iter().zip(volumes) {
            let truth = 4.0 / 3.0 * std::f64::consts::PI * (300.0 + offset).powi(3);
            assert!((volume / truth - 1.0).abs() < 1.2e-2, "{offset}: {volume} against {truth}");
            let mesh = lattice.surface(*offset, &exec).unwrap();
            assert!((mesh.signed_volume() / truth - 1.0).abs() < 1.5e-2, "{offset}: {}", mesh.signed_volume());
            let solid = SolidMesh::new(mesh, &exec).unwrap();
            assert!(solid.separate() && solid.shells.shells.len() == 1, "{offset}");
        }
    }

    #[test]
    fn a_bar_that_the_box_cuts_keeps_its_length_and_its_caps() {
        let exec = Exec::silent(2).unwrap();
        let (low, high) = (V3::zeros(), V3::new(1000.0, 500.0, 500.0));
        // One side of the bar lies in a face of the box: it is a cut, not a surface.
        let bar = cuboid([0.0, 150.0, 0.0], [1000.0, 350.0, 200.0]);
        let corner = cuboid([0.0, 0.0, 480.0], [20.0, 20.0, 500.0]);
        let body = Body::cuboid(EnvelopeKind::Box, low, high);
        let lattice = lattice(join(&[bar, corner]), &body, 10.0, Border::Open);
        let mesh = lattice.surface(-25.0, &exec).unwrap();
        let (from, to) = mesh.bounds().unwrap();
        assert_eq!((from.x, to.x, from.z), (0.0, 1000.0, 0.0));
        for (found, truth) in [(from.y, 175.0), (to.y, 325.0), (to.z, 175.0)] {
            assert!((found - truth).abs() < 0.1, "{found} against {truth}");
        }
        let truth = 1000.0 * 150.0 * 175.0;
        assert!((mesh.signed_volume() / truth - 1.0).abs() < 5e-3, "{}", mesh.signed_volume());
        assert!((lattice.volumes(&[-25.0], &exec)[0] / truth - 1.0).abs() < 5e-3);
        let grown = lattice.surface(40.0, &exec).unwrap().bounds().unwrap();
        assert_eq!((grown.0.x, grown.1.x), (0.0, 1000.0), "what grows is cut by the box");
    }

    #[test]
    fn the_volume_of_a_periodic_cell_sees_its_neighbours() {
        let exec = Exec::silent(2).unwrap();
        let body = Body::cuboid(EnvelopeKind::Box, V3::zeros(), V3::new(500.0, 500.0, 500.0));
        // A ball near a face grows into the cell beside: what leaves here enters there.
        let lattice = lattice(sphere([110.0, 250.0, 250.0], 100.0, 60), &body, 10.0, Border::Periodic);
        let truth = 4.0 / 3.0 * std::f64::consts::PI * 140f64.powi(3);
        let volume = lattice.volumes(&[40.0], &exec)[0];
        assert!((volume / truth - 1.0).abs() < 5e-3, "{volume} against {truth}");
        let mesh = lattice.surface(40.0, &exec).unwrap();
        assert!((mesh.signed_volume() / truth - 1.0).abs() < 1e-2, "{}", mesh.signed_volume());
    }
}
