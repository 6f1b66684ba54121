//! BMP, one slice: grey pixels without packing, by a palette of 1, 4 or 8 bits a pixel or as equal red, green and blue of
//! 24 or 32. Rows are padded to four bytes and run from the bottom up, unless the height is negative.
//!
//! Format: <https://learn.microsoft.com/windows/win32/gdi/bitmap-storage>. Packed pixels (RLE) and colours are refused.

use super::samples::voxels;
use crate::grid::Levels;
use crate::input::{InputError, InputErrorKind};
use crate::limits::Limits;

/// What a file of the format begins with.
pub const MAGIC: &[u8] = b"BM";

fn malformed(what: String) -> InputError {
    InputError::new(InputErrorKind::Malformed, what).remedy("save the slices again")
}

fn unsupported(what: String) -> InputError {
    InputError::new(InputErrorKind::Unsupported, what).remedy("save grey slices, as PNG or TIFF or unpacked BMP")
}

fn truncated() -> InputError {
    InputError::new(InputErrorKind::Truncated, "is a BMP that is cut short".to_owned()).remedy("copy the slices again")
}

fn word<const N: usize>(data: &[u8], at: usize) -> Result<[u8; N], InputError> {
    data.get(at..).and_then(|d| d.get(..N)).and_then(|b| b.try_into().ok()).ok_or_else(truncated)
}

/// What the header says.
struct Header {
    /// Size of the second header, behind which the palette stands.
    length: usize,
    /// Bytes of a colour of the palette.
    colour: usize,
    width: usize,
    height: usize,
    upward: bool,
    bits: usize,
    /// Where the pixels begin.
    pixels: usize,
}

impl Header {
    fn read(data: &[u8]) -> Result<Self, InputError> {
        let long = |at: usize| word(data, at).map(i32::from_le_bytes);
        let short = |at: usize| word(data, at).map(u16::from_le_bytes);
        if !data.starts_with(MAGIC) {
            return Err(malformed("is no BMP".to_owned()));
        }
        let (pixels, length) = (long(10)?, long(14)?);
        let old = length == 12;
        if !old && !(40..=124).contains(&length) {
            return Err(unsupported(format!("has a BMP header of {length} bytes, which is not known")));
        }
        let (width, height, bits, packing) = if old {
            (i32::from(short(18)?), i32::from(short(20)?), short(24)?, 0)
        } else {
            (long(18)?, long(22)?, short(28)?, long(30)?)
        };
        // 3: the places of red, green and blue stand in the header; those of 32 bits are in the usual order.
        let plain = packing == 0 || (packing == 3 && bits == 32 && usual_order(data)?);
        if !plain || !matches!(bits, 1 | 4 | 8 | 24 | 32) {
            return Err(unsupported(format!("has {bits} bits a pixel, packed by method {packing}, which is not read")));
        }
        let upward = height > 0;
        let size = [i64::from(width), i64::from(height).abs()].map(|n| usize::try_from(n).unwrap_or(0));
        let pixels = usize::try_from(pixels).map_err(|_| malformed("has its pixels before its header".to_owned()))?;
        Ok(Self {
            length: length as usize,
            colour: if old { 3 } else { 4 },
            width: size[0],
            height: size[1],
            upward,
            bits: usize::from(bits),
            pixels,
        })
    }

    /// Bytes of a row with its padding.
    fn row(&self) -> usize {
        self.width.saturating_mul(self.bits).div_ceil(32) * 4
    }

    /// Grey values of the palette; colours that are not grey, which a file may have as long as no pixel uses them, have
    /// none.
    fn palette(&self, data: &[u8]) -> Result<Vec<Option<u8>>, InputError> {
        let from = 14 + self.length;
        if self.bits > 8 {
            return Ok(Vec::new());
        }
        let said = if self.colour == 4 { u32::from_le_bytes(word(data, 46)?) as usize } else { 0 };
        let most = 1 << self.bits;
        let colours = if said == 0 { most } else { said.min(most) };
        let colours = colours.min(self.pixels.saturating_sub(from) / self.colour);
        let entries = data.get(from..from + colours * self.colour).ok_or_else(truncated)?;
        Ok(entries.chunks_exact(self.colour).map(grey).collect())
    }
}

/// Whether the masks of a file say blue, green, red.
fn usual_order(data: &[u8]) -> Result<bool, InputError> {
    let masks: [u8; 12] = word(data, 54)?;
    Ok(masks == [0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0, 0])
}

/// The value of blue, green and red that are one.
fn grey(colour: &[u8]) -> Option<u8> {
    (colour[0] == colour[1] && colour[1] == colour[2]).then_some(colour[0])
}

/// Reads a slice: its width and height, and its values from the top.
///
/// # Errors
/// When it is cut short, packed, or not grey.
pub fn read(data: &[u8], limits: &Limits) -> Result<([usize; 2], Levels), InputError> {
    let header = Header::read(data)?;
    let Header { width, height, bits, .. } = header;
    let count = voxels([width, height, 1], limits)?;
    let palette = header.palette(data)?;
    let row = header.row();
    let body = data.get(header.pixels..).ok_or_else(truncated)?;
    if body.len() < row.saturating_mul(height) {
        return Err(truncated());
    }
    let table: Option<[u8; 256]> = if bits == 8 {
        palette.iter().copied().collect::<Option<Vec<u8>>>().and_then(|all| all.try_into().ok())
    } else {
        None
    };
    let plain = table.is_some_and(|table| (0..=255).zip(table).all(|(index, value)| index == value));
    let mut values = limits.try_vec("a slice", count, 0u8)?;
    for (y, out) in values.chunks_exact_mut(width).enumerate() {
        let line = &body[row * if header.upward { height - 1 - y } else { y }..][..row];
        if plain {
            out.copy_from_slice(&line[..width]);
            continue;
        }
        if let Some(table) = &table {
            // A byte a pixel, and no colour that it could have.
            out.iter_mut().zip(line).for_each(|(value, index)| *value = table[usize::from(*index)]);
            continue;
        }
        for (x, value) in out.iter_mut().enumerate() {
            let found = if bits > 8 {
                grey(&line[x * bits / 8..])
            } else {
                let shift = 8 - bits - x * bits % 8;
                let index = usize::from(line[x * bits / 8] >> shift) & ((1 << bits) - 1);
                palette.get(index).copied().flatten()
            };
            *value = found.ok_or_else(|| unsupported("is not grey".to_owned()).at(format!("pixel ({x}, {y})")))?;
        }
    }
    Ok(([width, height], Levels::U8(values)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { memory: 1 << 20 };

    /// A file of 5 × 3 pixels of the values 0, 1, 2 … from the top, of a palette that counts down.
    fn file(bits: u16, upward: bool) -> Vec<u8> {
        let colours = if bits > 8 { 0 } else { 1usize << bits };
        let mut data = b"BM\0\0\0\0\0\0\0\0".to_vec();
        data.extend((54 + 4 * colours as u32).to_le_bytes());
        data.extend(40u32.to_le_bytes());
        data.extend(5i32.to_le_bytes());
        data.extend(if upward { 3i32 } else { -3 }.to_le_bytes());
        data.extend(1u16.to_le_bytes());
        data.extend(bits.to_le_bytes());
        data.extend([0; 24]);
        (0..colours).for_each(|k| data.extend([(255 - k) as u8, (255 - k) as u8, (255 - k) as u8, 0]));
        for y in 0..3u8 {
            let y = if upward { 2 - y } else { y };
            let mut row: Vec<u8> = Vec::new();
            for x in 0..5u8 {
                let value = 5 * y + x;
                match bits {
                    8 => row.push(255 - value),
                    4 if x % 2 == 0 => row.push(value << 4),
                    4 => *row.last_mut().unwrap() |= value,
                    1 => {
                        row.resize(1, 0);
                        row[0] |= (value & 1) << (7 - x);
                    }
                    _ => row.extend(vec![value; usize::from(bits) / 8]),
                }
            }
            row.resize(row.len().next_multiple_of(4), 77);
            data.extend(row);
        }
        data
    }

    #[test]
    fn pixels_of_every_depth_come_from_the_top() {
        for bits in [1, 4, 8, 24, 32] {
            for upward in [true, false] {
                let data = file(bits, upward);
                let truth = |v: u8| match bits {
                    1 => 255 - (v & 1),
                    4 => 255 - v,
                    _ => v,
                };
                let (size, levels) = read(&data, &LIMITS).unwrap();
                assert_eq!((size, levels), ([5, 3], Levels::U8((0..15).map(truth).collect())), "{bits} {upward}");
                // The padding of the last row may be missing from no file.
                for n in 0..data.len() {
                    assert!(read(&data[..n], &LIMITS).is_err(), "{bits} cut at {n}");
                }
            }
        }
    }

    #[test]
    fn colours_and_packed_pixels_are_refused() {
        let mut colour = file(24, true);
        *colour.last_mut().unwrap() = 1;
        assert!(read(&colour, &LIMITS).is_ok(), "the padding has no colour");
        colour[54] ^= 1;
        assert_eq!(read(&colour, &LIMITS).unwrap_err().at.as_deref(), Some("pixel (0, 2)"));
        let mut packed = file(8, true);
        packed[30] = 1;
        assert_eq!(read(&packed, &LIMITS).unwrap_err().kind, InputErrorKind::Unsupported);
        let mut huge = file(8, true);
        huge[18..26].fill(0x7f);
        assert_eq!(read(&huge, &LIMITS).unwrap_err().kind, InputErrorKind::TooLarge);
    }
}
