//! The pixels of DICOM where each frame is a JPEG: lossless of up to 16 bits, or with loss of 8 bits.
//!
//! Standard: NEMA PS3.5 (ISO 12052), annex A.4.1; the pictures themselves are unpacked by the crate `jpeg-decoder`.

use std::borrow::Cow;

use jpeg_decoder::{Decoder, Error, PixelFormat};

use crate::input::{InputError, InputErrorKind};
use crate::limits::Limits;

/// Transfer syntaxes that keep every value.
pub const LOSSLESS: [&str; 2] = ["1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70"];

/// Transfer syntaxes that do not.
pub const LOSSY: [&str; 2] = ["1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"];

/// What a picture begins with.
const START: &[u8] = b"\xff\xd8";

/// The frames that fragments hold: each begins with the start of a picture and may go on in further fragments.
#[must_use]
pub fn frames(fragments: &[Vec<u8>]) -> Vec<Cow<'_, [u8]>> {
    let mut found: Vec<Cow<'_, [u8]>> = Vec::new();
    for fragment in fragments {
        match found.last_mut() {
            Some(frame) if !fragment.starts_with(START) => frame.to_mut().extend(fragment),
            _ => found.push(Cow::Borrowed(fragment)),
        }
    }
    found
}

/// The pixels of a frame, in `width` bytes each, the lowest first.
///
/// # Errors
/// When it is broken, of another size, not grey, or too large.
pub fn unpack(frame: &[u8], size: [usize; 2], width: usize, limits: &Limits) -> Result<Vec<u8>, InputError> {
    let failed = |e: Error| match e {
        Error::Unsupported(what) => {
            InputError::new(InputErrorKind::Unsupported, format!("has a JPEG in it that is not read: {what:?}"))
                .remedy("save it unpacked, with `gdcmconv --raw` or from the program that shows it")
        }
        other => InputError::new(InputErrorKind::Malformed, format!("has a JPEG in it that cannot be read: {other}"))
            .remedy("copy or export the files again"),
    };
    let mut decoder = Decoder::new(frame);
    decoder.set_max_decoding_buffer_size(usize::try_from(limits.memory).unwrap_or(usize::MAX));
    decoder.read_info().map_err(failed)?;
    let fits = |info: &jpeg_decoder::ImageInfo| {
        let grey = match info.pixel_format {
            PixelFormat::L8 => 1,
            PixelFormat::L16 => 2,
            _ => usize::MAX,
        };
        ([usize::from(info.width), usize::from(info.height)] == size && grey <= width).then_some(grey)
    };
    let held = decoder.info().as_ref().and_then(fits).ok_or_else(|| {
        InputError::new(InputErrorKind::Malformed, "has a JPEG in it of another size or kind than it says".to_owned())
            .remedy("copy or export the files again")
    })?;
    let bytes = decoder.decode().map_err(failed)?;
    if held == width {
        return Ok(if held == 2 { bytes.chunks_exact(2).flat_map(little).collect() } else { bytes });
    }
    let mut out = limits.try_vec("a frame", bytes.len() / held * width, 0u8)?;
    for (to, from) in out.chunks_exact_mut(width).zip(bytes.chunks_exact(held)) {
        match from {
            [byte] => to[0] = *byte,
            word => to[..2].copy_from_slice(&little(word)),
        }
    }
    Ok(out)
}

/// A word in the byte order of this machine, as the decoder gives it, with the lowest byte first.
fn little(word: &[u8]) -> [u8; 2] {
    u16::from_ne_bytes([word[0], word[1]]).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { memory: 1 << 20 };

    /// A lossless picture (ISO 10918-1, process 14) where each value is told from the one before it, with codes of five
    /// bits for the lengths of the differences.
    fn lossless(values: &[u16], [nx, ny]: [usize; 2]) -> Vec<u8> {
        let mut out = vec![0xff, 0xd8, 0xff, 0xc3, 0, 11, 16, 0, ny as u8, 0, nx as u8, 1, 1, 0x11, 0];
        out.extend([0xff, 0xc4, 0, 36, 0, 0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        out.extend(0..17u8);
        out.extend([0xff, 0xda, 0, 8, 1, 1, 0, 1, 0, 0]);
        let (mut bits, mut count) = (0u64, 0);
        for (i, value) in values.iter().enumerate() {
            let before = match i {
                0 => 1 << 15,
                i if i % nx == 0 => values[i - nx],
                i => values[i - 1],
            };
            let step = i32::from(value.wrapping_sub(before).cast_signed());
            let length = 32 - step.unsigned_abs().leading_zeros();
            let tail = if step < 0 { step + (1 << length) - 1 } else { step };
            bits = bits << 5 | u64::from(length);
            count += 5;
            if length < 16 {
                bits = bits << length | tail as u64;
                count += length;
            }
            while count >= 8 {
                count -= 8;
                let byte = (bits >> count) as u8;
                out.push(byte);
                if byte == 0xff {
                    out.push(0);
                }
            }
        }
        if count > 0 {
            out.push((bits << (8 - count)) as u8 | (0xff >> count));
        }
        out.extend([0xff, 0xd9]);
        out
    }

    #[test]
    fn lossless_pictures_give_every_value_back() {
        let size = [7, 5];
        let values: Vec<u16> = (0..35u32).map(|i| (i * i * 977 + i * 31) as u16).collect();
        let frame = lossless(&values, size);
        let out = unpack(&frame, size, 2, &LIMITS).unwrap();
        assert_eq!(out, values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>());
        let wide = unpack(&frame, size, 4, &LIMITS).unwrap();
        assert_eq!(wide[4..8], [values[1].to_le_bytes(), [0, 0]].concat());
        assert!(unpack(&frame, [5, 7], 2, &LIMITS).is_err() && unpack(&frame, size, 1, &LIMITS).is_err());
        for n in 0..40 {
            assert!(unpack(&frame[..n], size, 2, &LIMITS).is_err(), "cut at {n}");
        }
    }

    #[test]
    fn frames_may_go_on_in_further_fragments() {
        let parts = [vec![0xff, 0xd8, 1], vec![2, 3], vec![0xff, 0xd8, 4]];
        let found = frames(&parts);
        assert_eq!(
            found.iter().map(|f| f.to_vec()).collect::<Vec<_>>(),
            [vec![0xff, 0xd8, 1, 2, 3], vec![0xff, 0xd8, 4]]
        );
    }
}
