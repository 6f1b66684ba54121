//! NPY: values alone, indexed [x, y, z], without spacing.

use std::io::{self, Write};

use super::{name, values};
use crate::grid::{Frame, Levels};

/// Writes a volume.
///
/// # Errors
/// When writing fails.
pub fn write(out: &mut impl Write, frame: &Frame, levels: &Levels) -> io::Result<()> {
    let [nx, ny, nz] = frame.size;
    let descr = name(levels, ["|u1", "<u2", "<f4"]);
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': True, 'shape': ({nx}, {ny}, {nz}), }}");
    // The values begin at a multiple of 64 bytes, behind a line feed.
    while !(10 + header.len() + 1).is_multiple_of(64) {
        header.push(' ');
    }
    header.push('\n');
    out.write_all(b"\x93NUMPY\x01\x00")?;
    out.write_all(&u16::try_from(header.len()).unwrap_or(u16::MAX).to_le_bytes())?;
    out.write_all(header.as_bytes())?;
    values(out, levels)?;
    out.flush()
}
