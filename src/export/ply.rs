//! PLY, binary, in millimetres, with shared vertices.

use std::io::{self, BufWriter, Write};

use crate::mesh::Mesh;

/// Writes a mesh.
///
/// # Errors
/// When writing fails.
pub fn write(out: &mut impl Write, mesh: &Mesh) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    write!(
        out,
        "ply\nformat binary_little_endian 1.0\ncomment millimetres\nelement vertex {}\nproperty double x\n\
         property double y\nproperty double z\nelement face {}\nproperty list uchar uint vertex_indices\nend_header\n",
        mesh.vertices.len(),
        mesh.triangles.len()
    )?;
    for c in mesh.vertices.iter().flatten() {
        out.write_all(&(c / 1e3).to_le_bytes())?;
    }
    for t in &mesh.triangles {
        out.write_all(&[3])?;
        for v in t {
            out.write_all(&v.to_le_bytes())?;
        }
    }
    out.flush()
}
