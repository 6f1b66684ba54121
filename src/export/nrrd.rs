//! NRRD of a mask, gzip-packed, with its spacing.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::grid::{Frame, Mask};

/// Writes a mask as 8-bit voxels, 255 in the set and 0 elsewhere.
///
/// # Errors
/// When writing fails.
pub fn write(out: &mut impl Write, frame: &Frame, mask: &Mask) -> io::Result<()> {
    let [nx, ny, nz] = frame.size;
    let [hx, hy, hz] = frame.spacing;
    let [ox, oy, oz] = frame.origin;
    write!(
        out,
        "NRRD0004\ntype: uint8\ndimension: 3\nspace dimension: 3\nsizes: {nx} {ny} {nz}\n\
         space directions: ({hx},0,0) (0,{hy},0) (0,0,{hz})\nspace units: \"um\" \"um\" \"um\"\n\
         space origin: ({ox},{oy},{oz})\nencoding: gzip\n\n"
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
