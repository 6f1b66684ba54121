//! Topology: the Euler number of the solid, and how many of its struts could be cut before it falls apart.
//!
//! χ = pieces − tunnels + cavities, of the solid as a body (26-connected). On a mesh whose shells are separate it is half
//! the Euler number of its surface, V − E + F over all shells, exactly; else it is counted on the voxels. The connectivity
//! density is (1 − Δχ)/TV, with Δχ the share of the body in the Euler number of what the envelope cuts it out of (Odgaard
//! & Gundersen 1993): what lies on the envelope counts in part, see [`crate::voxel::euler`]. A periodic cell is cut out of
//! one endless piece, of which it has no share: −χ/TV. 0.2 ns a voxel.

use super::figure::{Figure, Figures};
use crate::design::{Binarised, Finding, Severity, Solid, Study};
use crate::grid::Border;
use crate::mesh::solid::SolidMesh;
use crate::parallel::Exec;
use crate::units::Unit;
use crate::voxel::euler::euler;

/// Measures the topology of the solid.
pub(super) fn measure(study: &Study<'_>, exec: &Exec, out: &mut Figures) {
    let found = euler(study.field.border, &study.solid, &study.inside, exec);
    let of_mesh = match &study.design.solid {
        Solid::Mesh(mesh) if study.decided_by_shells(mesh) => of_surface(mesh),
        _ => None,
    };
    let body = of_mesh.unwrap_or(found.body);
    if body != found.body {
        out.findings.push(Finding::new(
            "topology.coarse",
            Severity::Info,
            format!(
                "the Euler number of the mesh is {body}, that of its voxels {}: something in it is finer than a voxel",
                found.body
            ),
        ));
    }
    let how =
        if of_mesh.is_some() { "half of V − E + F of the surface" } else { "corners − edges + faces − voxels" };
    let two = matches!(study.design.solid, Solid::Volume { phases: Binarised::Two(..), .. }) && study.blocks.is_none();
    let figure = |exact: bool, value: f64, unit, method: String| {
        if exact { Figure::exact(value, unit, method) } else { Figure::new(value, unit, method) }
    };
    let method = format!("Euler number of the solid as a body, 26-connected, uncorrected; {how}");
    out.add("topology.euler", figure(two || of_mesh.is_some(), body as f64, Unit::One, method));
    let (whole, method) = match study.field.border {
        Border::Open => {
            (1.0, "(1 − Δχ)/TV, corrected for what the envelope cuts by the shares of corners, edges and faces in it")
        }
        Border::Periodic => (0.0, "−χ/TV of the periodic cell, its share of an endless piece"),
    };
    let share = body as f64 - (found.body as f64 - found.share);
    let volume = study.envelope.body.volume * 1e-9;
    out.add(
        "topology.connectivity_density",
        figure(two, (whole - share) / volume, Unit::PerCubicMillimetre, method.to_owned()),
    );
}

/// The Euler number of the solid from that of a surface without open or crowded edges.
fn of_surface(mesh: &SolidMesh) -> Option<i64> {
    let topology = &mesh.topology;
    if topology.open_edges.count > 0 || topology.non_manifold_edges.count > 0 {
        return None;
    }
    let triangles = &mesh.mesh.triangles;
    let mut used = vec![false; mesh.mesh.vertices.len()];
    triangles.iter().flatten().for_each(|&v| used[v as usize] = true);
    let vertices = used.into_iter().filter(|u| *u).count() as i64;
    // Two triangles at every edge: E = 3F/2.
    let of_surface = vertices - triangles.len() as i64 / 2;
    Some(of_surface / 2)
}
