//! Moving the surface of a clean mesh without making a new one: every corner goes to where the moved planes of its
//! triangles meet.
//!
//! A corner's shift d solves n·d = o for the planes round it, o being the offset, or 0 for planes that lie in the surface
//! of the body, where it cuts the solid. Planes that all but coincide count once; of more than three, or nearly parallel
//! ones, the least-squares solution of least length is taken (singular values below a tenth of the largest are left out).
//! Sharp edges stay sharp, and the mesh keeps its triangles.
//!
//! The result stands only where each plane of each corner moved as it should, every shell kept its sense, and nothing
//! crosses; else struts vanished or parts met, and the surface has to be made anew from the signed distance.

use nalgebra::{DMatrix, DVector};

use crate::design::Body;
use crate::mesh::solid::SolidMesh;
use crate::mesh::{Mesh, V3, area_vector};
use crate::parallel::{Cancelled, Exec};

/// Cosine above which two planes of a corner count as one.
const SAME: f64 = 0.9998;

/// Part of the largest singular value below which a direction is not determined.
const DETERMINED: f64 = 0.1;

/// How far a plane may end up from where it should be, in parts of the offset.
const OFF: f64 = 0.08;

/// The mesh with its surface moved outward by `offset` µm, looked through; `None` where it takes a new surface.
pub(super) fn mitred(solid: &SolidMesh, body: &Body, offset: f64, exec: &Exec) -> Result<Option<SolidMesh>, Cancelled> {
    if !solid.separate() {
        return Ok(None);
    }
    let mesh = &solid.mesh;
    let mut planes: Vec<Vec<(V3, f64)>> = vec![Vec::new(); mesh.vertices.len()];
    for (t, triangle) in mesh.triangles.iter().enumerate() {
        let corners = mesh.corners(t);
        let Some(normal) = area_vector(corners).try_normalize(0.0) else { continue };
        let by = if body.holds_on_surface(&corners) { 0.0 } else { offset };
        for &v in triangle {
            let known = &mut planes[v as usize];
            if !known.iter().any(|(n, o)| n.dot(&normal) > SAME && *o == by) {
                known.push((normal, by));
            }
        }
    }
    let single = |v: V3| v.map(|c| f64::from((c / 1e3) as f32) * 1e3);
    let mut moved = Mesh { vertices: Vec::with_capacity(mesh.vertices.len()), triangles: mesh.triangles.clone() };
    for (vertex, planes) in mesh.vertices.iter().zip(&planes) {
        let Some(shift) = shift(planes) else { return Ok(None) };
        if planes.iter().any(|(n, o)| (n.dot(&shift) - o).abs() > OFF * offset.abs()) {
            return Ok(None);
        }
        moved.vertices.push(single(vertex + shift));
    }
    // A triangle that turned over says that parts passed through one another: no need to look where they cross.
    let turned_over = |t: usize| area_vector(moved.corners(t)).dot(&area_vector(mesh.corners(t))) < 0.0;
    if (0..mesh.triangles.len()).any(turned_over) {
        return Ok(None);
    }
    let moved = SolidMesh::new(moved, exec)?;
    let sense = |s: &SolidMesh| s.shells.shells.iter().map(|shell| shell.volume > 0.0).collect::<Vec<_>>();
    let turned = moved.shells.flipped_shells.count > 0 || moved.shells.flipped_triangles.count > 0;
    // Thinner solids lose volume, thicker ones gain it.
    let grows = moved.volume().zip(solid.volume()).is_some_and(|(after, before)| (after > before) == (offset > 0.0));
    Ok((moved.separate() && !turned && grows && sense(&moved) == sense(solid)).then_some(moved))
}

/// Where a corner goes so that its planes move as they should.
fn shift(planes: &[(V3, f64)]) -> Option<V3> {
    match planes {
        [] => Some(V3::zeros()),
        [(n, o)] => Some(n * *o),
        _ => {
            let normals = DMatrix::from_fn(planes.len(), 3, |row, a| planes[row].0[a]);
            let by = DVector::from_fn(planes.len(), |row, _| planes[row].1);
            let svd = normals.svd(true, true);
            let least = DETERMINED * svd.singular_values.max();
            let d = svd.solve(&by, least).ok()?;
            Some(V3::new(d[0], d[1], d[2]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::design::EnvelopeKind;
    use crate::generate::cubic::Cubic;
    use crate::mesh::shapes::{cuboid, sphere};

    fn solid(mesh: Mesh) -> SolidMesh {
        SolidMesh::new(mesh, &Exec::silent(2).unwrap()).unwrap()
    }

    fn body(low: f64, high: f64) -> Body {
        Body::cuboid(EnvelopeKind::Box, V3::from_element(low), V3::from_element(high))
    }

    #[test]
    fn a_lattice_of_square_struts_becomes_the_one_with_other_struts() {
        let exec = Exec::silent(2).unwrap();
        let (pore, strut, cells) = (300.0, 100.0, 3usize);
        let lattice = solid(Cubic { pore, strut, cells }.mesh(None));
        let side = cells as f64 * (pore + strut) + strut;
        for offset in [-30.0, -5.0, 40.0] {
            let moved = mitred(&lattice, &body(0.0, side), offset, &exec).unwrap().unwrap();
            // Inner struts change on both sides; outer ones only inside, for their outer faces are the box's.
            let (outer, inner) = (strut + offset, strut + 2.0 * offset);
            let bars = |n: usize| 2.0 * outer + (n as f64 - 1.0) * inner;
            let full = bars(cells);
            // Of the box: void where at most one coordinate lies in a bar.
            let s = full / side;
            let void = (1.0 - s).powi(3) + 3.0 * s * (1.0 - s).powi(2);
            let porosity = 1.0 - moved.volume().unwrap() / side.powi(3);
            assert!((porosity - void).abs() < 1e-6, "{offset}: {porosity} against {void}");
            assert_eq!(moved.mesh.triangles.len(), lattice.mesh.triangles.len());
        }
        assert!(mitred(&lattice, &body(0.0, side), -60.0, &exec).unwrap().is_none(), "the struts are gone");
        assert!(mitred(&lattice, &body(0.0, side), 160.0, &exec).unwrap().is_none(), "the windows are closed");
    }

    #[test]
    fn a_ball_and_a_block_move_by_the_offset() {
        let exec = Exec::silent(2).unwrap();
        let far = body(-1e4, 1e4);
        let ball = mitred(&solid(sphere([0.0; 3], 100.0, 40)), &far, 20.0, &exec).unwrap().unwrap();
        let truth = solid(sphere([0.0; 3], 120.0, 40)).volume().unwrap();
        assert!((ball.volume().unwrap() / truth - 1.0).abs() < 5e-3);
        let block = mitred(&solid(cuboid([0.0; 3], [100.0, 60.0, 40.0])), &far, -5.0, &exec).unwrap().unwrap();
        assert!((block.volume().unwrap() - 90.0 * 50.0 * 30.0).abs() < 1.0);
    }
}
