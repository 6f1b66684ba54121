//! VTI, the XML image data of VTK, with raw appended values, in millimetres.

use std::io::{self, Write};

use super::{name, values};
use crate::grid::{Frame, Levels, Lie};

/// Writes a volume as values at points; its axes lie as said, or along the coordinates of the file.
///
/// # Errors
/// When writing fails.
pub fn write(out: &mut impl Write, frame: &Frame, lie: Option<&Lie>, levels: &Levels) -> io::Result<()> {
    let [x, y, z] = frame.size.map(|n| n.saturating_sub(1));
    let [hx, hy, hz] = frame.spacing.map(|s| s / 1e3);
    let lie = lie.unwrap_or(&Lie::PLAIN);
    let [ox, oy, oz] = lie.place(frame.origin).map(|o| o / 1e3);
    let direction: Vec<String> = (0..9).map(|k| lie.axes[k % 3][k / 3].to_string()).collect();
    let direction = direction.join(" ");
    let (kind, bytes) = name(levels, [("UInt8", 1u64), ("UInt16", 2), ("Float32", 4)]);
    write!(
        out,
        "<?xml version=\"1.0\"?>\n<VTKFile type=\"ImageData\" version=\"1.0\" byte_order=\"LittleEndian\" header_type=\"UInt64\">\n\
         <ImageData WholeExtent=\"0 {x} 0 {y} 0 {z}\" Origin=\"{ox} {oy} {oz}\" Spacing=\"{hx} {hy} {hz}\" Direction=\"{direction}\">\n\
         <Piece Extent=\"0 {x} 0 {y} 0 {z}\">\n<PointData Scalars=\"level\">\n\
         <DataArray type=\"{kind}\" Name=\"level\" format=\"appended\" offset=\"0\"/>\n\
         </PointData>\n</Piece>\n</ImageData>\n<AppendedData encoding=\"raw\">\n_"
    )?;
    out.write_all(&(levels.len() as u64 * bytes).to_le_bytes())?;
    values(out, levels)?;
    write!(out, "\n</AppendedData>\n</VTKFile>\n")?;
    out.flush()
}
