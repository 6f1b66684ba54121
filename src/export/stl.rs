//! Binary STL, in millimetres.

use std::io::{self, Write};

use stl_io::{Normal, Triangle, Vertex};

use crate::mesh::{Mesh, area_vector};

/// Writes the mesh in millimetres, the unit that readers assume.
///
/// # Errors
/// When writing fails.
pub fn write(mut out: &mut impl Write, mesh: &Mesh) -> io::Result<()> {
    let triangles: Vec<Triangle> = (0..mesh.triangles.len())
        .map(|t| {
            let corners = mesh.corners(t);
            let normal = area_vector(corners).try_normalize(0.0).unwrap_or_default();
            Triangle {
                normal: Normal::new([normal.x as f32, normal.y as f32, normal.z as f32]),
                vertices: corners.map(|c| Vertex::new([(c.x / 1e3) as f32, (c.y / 1e3) as f32, (c.z / 1e3) as f32])),
            }
        })
        .collect();
    stl_io::write_stl(&mut out, triangles.iter())?;
    out.flush()
}
