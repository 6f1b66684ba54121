//! NRRD of a mask, gzip-packed, with its spacing.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::grid::{Frame, Lie, Mask, Space};

/// Writes a mask as 8-bit voxels, 255 in the set and 0 elsewhere; its axes lie as said, or along the coordinates.
///
/// # Errors
/// When writing fails.
pub fn write(out: &mut impl Write, frame: &Frame, lie: Option<&Lie>, mask: &Mask) -> io::Result<()> {
    let [nx, ny, nz] = frame.size;
    let lie = lie.unwrap_or(&Lie::PLAIN);
    let space = match lie.space {
        Space::Unsaid => "space dimension: 3",
        Space::Lps => "space: left-posterior-superior",
        Space::Ras => "space: right-anterior-superior",
        Space::Las => "space: left-anterior-superior",
    };
    let vector = |v: [f64; 3]| format!("({},{},{})", v[0], v[1], v[2]);
    let steps = [0, 1, 2].map(|a| vector((lie.axes[a] * frame.spacing[a]).into())).join(" ");
    let origin = vector(lie.place(frame.origin));
    write!(
        out,
        "NRRD0004\ntype: uint8\ndimension: 3\n{space}\nsizes: {nx} {ny} {nz}\nspace directions: {steps}\n\
         space units: \"um\" \"um\" \"um\"\nspace origin: {origin}\nencoding: gzip\n\n"
    )?;
    let mut packed = GzEncoder::new(&mut *out, Compression::default());
    let mut row = vec![0u8; nx];
    for z in 0..nz {
        for y in 0..ny {
            row.fill(0);
            mask.runs(y, z, |from, to| row[from..to].fill(255));
            packed.write_all(&row)?;
        }
    }
    packed.finish()?;
    out.flush()
}
