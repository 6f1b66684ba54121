//! The pixels of DICOM in their packed forms: a file packed whole (deflate), frames as runs of bytes (RLE), and eight
//! pixels a byte; and the numbers that pixels stand for.
//!
//! Standard: NEMA PS3.5 (ISO 12052), its annexes A and G.

use std::io::Read as _;
use std::ops::Range;

use super::dicom_lengths::SHORT;
use crate::grid::Levels;
use crate::input::{InputError, InputErrorKind};
use crate::limits::Limits;

/// Transfer syntaxes that are read.
pub const IMPLICIT: &str = "1.2.840.10008.1.2";
pub const EXPLICIT: &str = "1.2.840.10008.1.2.1";
pub const DEFLATED: &str = "1.2.840.10008.1.2.1.99";
pub const BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";
pub const RUNS: &str = "1.2.840.10008.1.2.5";

/// What the head of a file says of its data set.
pub struct Head {
    /// Where the name of the transfer syntax stands.
    name: Range<usize>,
    /// The transfer syntax.
    pub syntax: String,
    /// Where the data set begins.
    pub start: usize,
}

impl Head {
    /// Reads the elements of group 2, which are little-endian with their types; `None` when they are cut short.
    pub fn of(data: &[u8]) -> Option<Self> {
        let short = |at: usize| data.get(at..at + 2).and_then(|b| b.try_into().ok()).map(u16::from_le_bytes);
        let (mut at, mut found) = (132, None);
        while short(at) == Some(2) {
            let element = short(at + 2)?;
            let kind: &[u8; 2] = data.get(at + 4..at + 6)?.try_into().ok()?;
            let (length, value) = if !SHORT.contains(&kind) {
                (u32::from_le_bytes(data.get(at + 8..at + 12)?.try_into().ok()?) as usize, at + 12)
            } else {
                (usize::from(short(at + 6)?), at + 8)
            };
            let end = value.checked_add(length).filter(|end| *end <= data.len())?;
            if element == 0x10 {
                found = Some(value..end);
            }
            at = end;
        }
        let name = found?;
        let text = String::from_utf8_lossy(&data[name.clone()]);
        let syntax = text.trim_end_matches([' ', '\0']).to_owned();
        Some(Self { name, syntax, start: at })
    }
}

/// A file that is packed whole, with its data set unpacked.
///
/// # Errors
/// When what is packed is broken or larger than the budget.
pub fn unpacked(data: &[u8], head: &Head, limits: &Limits) -> Result<Vec<u8>, InputError> {
    let mut out = data[..head.start].to_vec();
    // The same name without its ending, filled up: what follows is no longer packed.
    out[head.name.start + EXPLICIT.len()..head.name.end].fill(0);
    let budget = limits.memory.saturating_sub(out.len() as u64);
    let read = flate2::read::DeflateDecoder::new(&data[head.start..]).take(budget).read_to_end(&mut out);
    read.map_err(|e| {
        InputError::new(InputErrorKind::Malformed, format!("is a packed DICOM file that cannot be unpacked: {e}"))
            .remedy("copy or export the files again")
    })?;
    limits.check("the unpacked file", out.len() as u64 + 1, 1)?;
    Ok(out)
}

/// Unpacks a frame of runs: a table of segments, of which each holds one byte of all pixels, the highest first. `None`
/// when the runs do not give `pixels` of `width` bytes.
pub fn runs(frame: &[u8], pixels: usize, width: usize, limits: &Limits) -> Result<Option<Vec<u8>>, InputError> {
    let mut out = limits.try_vec("a frame", pixels * width, 0u8)?;
    let entry = |k: usize| frame.get(4 * k..4 * k + 4).and_then(|b| b.try_into().ok()).map(u32::from_le_bytes);
    if entry(0) != Some(width as u32) {
        return Ok(None);
    }
    for k in 0..width {
        let segment = entry(k + 1).and_then(|from| frame.get(from as usize..));
        if segment.and_then(|s| segment_into(s, &mut out[width - 1 - k..], width, pixels)).is_none() {
            return Ok(None);
        }
    }
    Ok(Some(out))
}

/// Writes the bytes of a segment to every `step`-th place.
fn segment_into(segment: &[u8], out: &mut [u8], step: usize, pixels: usize) -> Option<()> {
    let (mut at, mut done) = (0, 0);
    while done < pixels {
        let head = segment.get(at)?.cast_signed();
        let count = usize::from(head.unsigned_abs()) + 1;
        if head == i8::MIN {
            at += 1;
            continue;
        }
        let count = count.min(pixels - done);
        if head >= 0 {
            let bytes = segment.get(at + 1..at + 1 + count)?;
            bytes.iter().enumerate().for_each(|(i, b)| out[(done + i) * step] = *b);
            at += 2 + usize::from(head.unsigned_abs());
        } else {
            let byte = *segment.get(at + 1)?;
            (done..done + count).for_each(|i| out[i * step] = byte);
            at += 2;
        }
        done += count;
    }
    Some(())
}

/// Pixels of one bit each, the first in the lowest bit, as bytes.
///
/// # Errors
/// When they do not fit the budget.
pub fn bits(packed: &[u8], count: usize, limits: &Limits) -> Result<Vec<u8>, InputError> {
    let mut out = limits.try_vec("the volume", count, 0u8)?;
    out.iter_mut().enumerate().for_each(|(i, v)| *v = packed[i / 8] >> (i % 8) & 1);
    Ok(out)
}

/// How pixels hold numbers, and what these stand for.
pub struct Form {
    /// Bytes of a pixel.
    pub width: usize,
    /// Bits that count.
    pub stored: u32,
    pub signed: bool,
    pub slope: f64,
    pub intercept: f64,
}

/// The numbers of a slice: as they are stored where they have no sign, no scale and at most 16 bits.
pub fn numbers(bytes: &[u8], form: &Form) -> Levels {
    let plain = (form.slope, form.intercept) == (1.0, 0.0) && !form.signed;
    let mask = u16::MAX >> 16u32.saturating_sub(form.stored);
    let word = |b: &[u8]| u16::from_le_bytes([b[0], b[1]]) & mask;
    match (plain, form.width) {
        (true, 1) => Levels::U8(bytes.iter().map(|b| b & mask as u8).collect()),
        (true, 2) if form.stored <= 8 => Levels::U8(bytes.chunks_exact(2).map(|b| word(b) as u8).collect()),
        (true, 2) => Levels::U16(bytes.chunks_exact(2).map(word).collect()),
        _ => {
            let shift = 64 - form.stored;
            let value = |b: &[u8]| {
                let raw = b.iter().rev().fold(0u64, |n, b| n << 8 | u64::from(*b)) << shift;
                let whole = if form.signed { (raw as i64 >> shift) as f64 } else { (raw >> shift) as f64 };
                (whole * form.slope + form.intercept) as f32
            };
            Levels::F32(bytes.chunks_exact(form.width).map(value).collect())
        }
    }
}

/// Slices as one volume, in a type that holds the values of all.
///
/// # Errors
/// When they do not fit the budget.
pub fn joined(slices: Vec<Levels>, limits: &Limits) -> Result<Levels, InputError> {
    let count: usize = slices.iter().map(Levels::len).sum();
    limits.check("the volume", count as u64, 4)?;
    let bytes = slices.iter().all(|s| matches!(s, Levels::U8(_)));
    let words = slices.iter().all(|s| matches!(s, Levels::U16(_)));
    let mut all = match () {
        () if bytes => Levels::U8(limits.try_vec("the volume", 0, 0)?),
        () if words => Levels::U16(limits.try_vec("the volume", 0, 0)?),
        () => Levels::F32(limits.try_vec("the volume", 0, 0.0)?),
    };
    all.reserve(count);
    for slice in slices {
        match (&mut all, slice) {
            (Levels::F32(all), slice) => all.extend((0..slice.len()).map(|i| slice.get(i))),
            // All slices have the type that was chosen for all.
            (all, slice) => {
                let _ = all.append(slice);
            }
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { memory: 1 << 16 };

    #[test]
    fn runs_give_the_bytes_of_pixels_highest_first() {
        // Five pixels of two bytes: 0x0107 four times, then 0x0208.
        let mut frame = vec![0u8; 64];
        frame[0] = 2;
        frame[4] = 64;
        frame[8] = 69;
        frame.extend([253, 1, 128, 0, 2]); // 1 four times, nothing, 2 once
        frame.extend([254, 7, 1, 7, 8, 0]); // 7 three times, then two as they are
        let out = runs(&frame, 5, 2, &LIMITS).unwrap().unwrap();
        assert_eq!(out, [7, 1, 7, 1, 7, 1, 7, 1, 8, 2]);
        for n in 0..frame.len() - 1 {
            assert_eq!(runs(&frame[..n], 5, 2, &LIMITS).unwrap(), None, "cut at {n}");
        }
        assert_eq!(runs(&frame, 5, 1, &LIMITS).unwrap(), None);
        assert!(runs(&frame, 1 << 20, 2, &LIMITS).is_err());
        assert_eq!(bits(&[0b1000_0010, 1], 9, &LIMITS).unwrap(), [0, 1, 0, 0, 0, 0, 0, 1, 1]);
    }
}
