//! `NumPy` arrays (`.npy`, format 1 to 3): three dimensions, indexed [x, y, z] whatever the order in memory. No spacing.
//!
//! Format: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>.

use super::placing::Place;
use super::samples::{Endian, Sample, decode, voxels};
use crate::grid::Volume;
use crate::input::{Content, InputError, InputErrorKind, Note, Read};
use crate::limits::Limits;

/// Reads an array.
///
/// # Errors
/// When the header is broken, the array is not one of numbers in three dimensions, or the file is cut short.
pub fn read(data: &[u8], limits: &Limits) -> Read {
    let malformed = |what: &str| InputError::new(InputErrorKind::Malformed, format!("is not a whole NPY file: {what}"));
    let cut = || InputError::new(InputErrorKind::Truncated, "ends within its header".to_owned());
    let version = *data.get(6).ok_or_else(cut)?;
    let (length, start) = if version == 1 {
        let b: [u8; 2] = data.get(8..10).and_then(|b| b.try_into().ok()).ok_or_else(cut)?;
        (usize::from(u16::from_le_bytes(b)), 10usize)
    } else {
        let b: [u8; 4] = data.get(8..12).and_then(|b| b.try_into().ok()).ok_or_else(cut)?;
        (u32::from_le_bytes(b) as usize, 12)
    };
    let header = data.get(start..start.saturating_add(length)).ok_or_else(cut)?;
    let header = String::from_utf8_lossy(header);
    let descr = value(&header, "descr").ok_or_else(|| malformed("the header has no `descr`"))?;
    let descr = descr.trim().trim_matches(['\'', '"']);
    let fortran = match value(&header, "fortran_order").map(str::trim) {
        Some("True") => true,
        Some("False") => false,
        _ => return Err(malformed("the header has no `fortran_order`")),
    };
    let shape = value(&header, "shape").ok_or_else(|| malformed("the header has no `shape`"))?;
    let shape: Vec<usize> = shape
        .trim_matches(['(', ')', ' '])
        .split(',')
        .map(str::trim)
        .filter(|s| !s.is_empty())
        .map(|s| s.parse().map_err(|_| malformed("`shape` holds something that is no size")))
        .collect::<Result<_, _>>()?;
    let size: [usize; 3] = shape[..].try_into().map_err(|_| {
        InputError::new(InputErrorKind::Unsupported, format!("is an array of {} dimensions, not 3", shape.len()))
            .remedy("save one three-dimensional array, indexed [x, y, z]")
    })?;
    let endian = if descr.starts_with('>') { Endian::Big } else { Endian::Little };
    let sample = match descr.trim_start_matches(['<', '>', '|', '=']) {
        "b1" | "u1" => Sample::U8,
        "i1" => Sample::I8,
        "u2" => Sample::U16,
        "i2" => Sample::I16,
        "u4" => Sample::U32,
        "i4" => Sample::I32,
        "u8" => Sample::U64,
        "i8" => Sample::I64,
        "f4" => Sample::F32,
        "f8" => Sample::F64,
        other => {
            return Err(InputError::new(InputErrorKind::Unsupported, format!("holds values of type `{other}`"))
                .remedy("save an array of booleans, integers, float32 or float64"));
        }
    };
    let count = voxels(size, limits)?;
    let levels = decode(&data[start + length..], sample, endian, count, limits)?;
    let volume = if fortran {
        Volume { size, levels }
    } else {
        // z runs fastest: read as reversed, then turn the axes round.
        Volume { size: [size[2], size[1], size[0]], levels }.reversed_axes()
    };
    let surplus = (data.len() - start - length).saturating_sub(count * sample.bytes());
    let notes = if surplus > 0 {
        let message = format!("{surplus} bytes after the last voxel were ignored");
        vec![Note { kind: "file.trailing_bytes", message }]
    } else {
        Vec::new()
    };
    Ok((Content::Volume { volume, spacing: None, place: Place::at([0.0; 3]) }, notes))
}

/// The text of one value of the header, a Python dictionary.
fn value<'a>(header: &'a str, key: &str) -> Option<&'a str> {
    let at = header.find(&format!("'{key}'")).or_else(|| header.find(&format!("\"{key}\"")))?;
    let rest = header[at..].split_once(':')?.1.trim_start();
    let end = if rest.starts_with('(') { rest.find(')')? + 1 } else { rest.find([',', '}'])? };
    Some(&rest[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Levels;

    fn npy(header: &str, body: &[u8]) -> Vec<u8> {
        let mut data = b"\x93NUMPY\x01\x00".to_vec();
        data.extend((header.len() as u16).to_le_bytes());
        data.extend(header.as_bytes());
        data.extend(body);
        data
    }

    const LIMITS: Limits = Limits { memory: 1 << 20 };

    #[test]
    fn both_memory_orders_give_the_same_volume() {
        // Value x + 2·y + 6·z at [x, y, z] of shape (2, 3, 4).
        let c: Vec<u8> = (0..24).map(|i| i / 12 + 2 * (i / 4 % 3) + 6 * (i % 4)).collect();
        let f: Vec<u8> = (0..24).collect();
        for (order, body) in [("False", &c), ("True", &f)] {
            let data = npy(&format!("{{'descr': '|u1', 'fortran_order': {order}, 'shape': (2, 3, 4), }}"), body);
            let Content::Volume { volume, .. } = read(&data, &LIMITS).unwrap().0 else { panic!() };
            assert_eq!(volume, Volume { size: [2, 3, 4], levels: Levels::U8((0..24).collect()) });
        }
    }

    #[test]
    fn broken_files_are_refused() {
        let good = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2, 2), }", &[0; 32]);
        assert!(read(&good, &LIMITS).is_ok());
        for n in 6..good.len() {
            assert!(read(&good[..n], &LIMITS).is_err(), "cut at {n}");
        }
        let bad = |header: &str| read(&npy(header, &[0; 64]), &LIMITS).unwrap_err().kind;
        assert_eq!(
            bad("{'descr': '|u1', 'fortran_order': False, 'shape': (9999999999, 9999999999, 2), }"),
            InputErrorKind::TooLarge
        );
        assert_eq!(bad("{'descr': '|u1', 'fortran_order': False, 'shape': (8, 8), }"), InputErrorKind::Unsupported);
        assert_eq!(bad("{'descr': '<c8', 'fortran_order': False, 'shape': (2, 2, 2), }"), InputErrorKind::Unsupported);
        assert_eq!(bad("{'descr': '|u1', 'shape': (2, 2, 2), }"), InputErrorKind::Malformed);
        assert_eq!(bad("{'descr': '|u1', 'fortran_order': False, 'shape': (2, -2, 2), }"), InputErrorKind::Malformed);
        assert_eq!(bad("{'descr': '|u1', 'fortran_order': False, 'shape': (0, 2, 2), }"), InputErrorKind::Empty);
        let nan = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1), }", &f32::NAN.to_le_bytes());
        assert_eq!(read(&nan, &LIMITS).unwrap_err().kind, InputErrorKind::NonFinite);
    }
}
