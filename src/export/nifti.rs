//! NIfTI-1, one file, in millimetres.

use std::io::{self, Write};

use super::{name, values};
use crate::grid::{Frame, Levels, Lie};

/// Writes a volume; its axes lie as said, or along the coordinates of the file.
///
/// # Errors
/// When writing fails, or an axis has more voxels than the format can count.
pub fn write(out: &mut impl Write, frame: &Frame, lie: Option<&Lie>, levels: &Levels) -> io::Result<()> {
    let mut header = [0u8; 352];
    let mut put = |at: usize, bytes: &[u8]| header[at..at + bytes.len()].copy_from_slice(bytes);
    let (kind, bits) = name(levels, [(2i16, 8i16), (512, 16), (16, 32)]);
    put(0, &348i32.to_le_bytes());
    let [nx, ny, nz] = frame.size.map(|n| i16::try_from(n).ok());
    let (Some(nx), Some(ny), Some(nz)) = (nx, ny, nz) else {
        return Err(io::Error::other("NIfTI-1 holds 32767 voxels along an axis at most"));
    };
    for (k, n) in [3, nx, ny, nz, 1, 1, 1, 1].into_iter().enumerate() {
        put(40 + 2 * k, &n.to_le_bytes());
    }
    put(70, &kind.to_le_bytes());
    put(72, &bits.to_le_bytes());
    put(76, &1f32.to_le_bytes());
    let lie = lie.unwrap_or(&Lie::PLAIN);
    let start = lie.place(frame.origin);
    for a in 0..3 {
        put(80 + 4 * a, &((frame.spacing[a] / 1e3) as f32).to_le_bytes());
        // To the right, the front and the head, where it is known which way the coordinates run.
        let sign = lie.space.to_ras()[a];
        for k in 0..3 {
            put(280 + 16 * a + 4 * k, &((sign * lie.axes[k][a] * frame.spacing[k] / 1e3) as f32).to_le_bytes());
        }
        put(280 + 16 * a + 12, &((sign * start[a] / 1e3) as f32).to_le_bytes());
    }
    put(108, &352f32.to_le_bytes());
    put(112, &1f32.to_le_bytes());
    // Millimetres; axes as in the scanner.
    put(123, &[2]);
    put(254, &1i16.to_le_bytes());
    put(344, b"n+1\0");
    out.write_all(&header)?;
    values(out, levels)?;
    out.flush()
}
