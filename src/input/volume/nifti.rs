//! NIfTI-1 and NIfTI-2, one file (`.nii`), also packed by gzip: a header of 348 or 540 bytes, then the voxels, x fastest.
//! Spacing is `pixdim`, its unit from `xyzt_units`; values are scaled by `scl_slope` and `scl_inter`. The place is that of
//! `srow`, else of `qoffset`; an `srow` of another spacing leaves the file without any.
//!
//! Format: <https://nifti.nimh.nih.gov/nifti-1/>, <https://nifti.nimh.nih.gov/nifti-2/>.

use super::placing::Place;
use super::samples::{Endian, Sample, decode, finite, voxels};
use crate::grid::{Levels, Space, Volume};
use crate::input::{Content, FileSpacing, InputError, InputErrorKind, Note, Read};
use crate::limits::Limits;
use crate::mesh::V3;
use crate::units::LengthUnit;

/// Relative difference of two spacings that counts as none.
const SAME: f64 = 0.01;

/// Version and byte order of a header, if it is one.
fn kind(data: &[u8]) -> Option<(usize, Endian)> {
    let first: [u8; 4] = data.get(..4)?.try_into().ok()?;
    let version = |size: u32| match size {
        // Too short to hold the name of the format.
        348 if data.len() < 347 => Some(1),
        540 if data.len() < 7 => Some(2),
        348 if data.get(344..347) == Some(b"n+1") || data.get(344..347) == Some(b"ni1") => Some(1),
        540 if data.get(4..7) == Some(b"n+2") || data.get(4..7) == Some(b"ni2") => Some(2),
        _ => None,
    };
    let little = version(u32::from_le_bytes(first)).map(|v| (v, Endian::Little));
    little.or_else(|| version(u32::from_be_bytes(first)).map(|v| (v, Endian::Big)))
}

/// Whether the file begins with a header of the format.
#[must_use]
pub fn looks_like(data: &[u8]) -> bool {
    kind(data).is_some()
}

struct Header<'a> {
    data: &'a [u8],
    endian: Endian,
}

impl Header<'_> {
    fn bytes<const N: usize>(&self, at: usize) -> [u8; N] {
        let mut bytes: [u8; N] = self.data.get(at..at + N).and_then(|b| b.try_into().ok()).unwrap_or([0; N]);
        if self.endian == Endian::Big {
            bytes.reverse();
        }
        bytes
    }

    fn i16(&self, at: usize) -> i64 {
        i64::from(i16::from_le_bytes(self.bytes(at)))
    }

    fn i64(&self, at: usize) -> i64 {
        i64::from_le_bytes(self.bytes(at))
    }

    fn f32(&self, at: usize) -> f64 {
        f64::from(f32::from_le_bytes(self.bytes(at)))
    }

    fn f64(&self, at: usize) -> f64 {
        f64::from_le_bytes(self.bytes(at))
    }
}

/// Reads a volume.
///
/// # Errors
/// When the header is broken or asks for something that is not read, or the voxels are cut short.
pub fn read(data: &[u8], limits: &Limits) -> Read {
    let cut = || InputError::new(InputErrorKind::Truncated, "ends within its header".to_owned());
    let (version, endian) = kind(data).ok_or_else(cut)?;
    let length = if version == 1 { 348 } else { 540 };
    if data.len() < length {
        return Err(cut().remedy("copy the file again"));
    }
    let unsupported = |what: String, remedy: &str| InputError::new(InputErrorKind::Unsupported, what).remedy(remedy);
    let malformed = |what: String| {
        InputError::new(InputErrorKind::Malformed, what).remedy("save the volume again with a NIfTI library")
    };
    let h = Header { data, endian };
    let one = version == 1;
    if data.get(if one { 344..347 } else { 4..7 }) != Some(if one { b"n+1" } else { b"n+2" }) {
        return Err(unsupported(
            "is the header of a pair (.hdr and .img)".to_owned(),
            "save it as one file (.nii or .nii.gz)",
        ));
    }
    let dims: Vec<i64> = (0..8).map(|k| if one { h.i16(40 + 2 * k) } else { h.i64(16 + 8 * k) }).collect();
    let rank = usize::try_from(dims[0]).ok().filter(|n| (1..=7).contains(n));
    let rank = rank.ok_or_else(|| malformed(format!("has {} dimensions", dims[0])))?;
    if let Some(k) = (4..=rank).find(|&k| dims[k] > 1) {
        return Err(unsupported(
            format!("has {} volumes (dimension {k})", dims[k]),
            "save one three-dimensional volume",
        ));
    }
    let mut size = [1usize; 3];
    for (a, size) in size.iter_mut().enumerate().take(rank) {
        let n = dims[a + 1];
        *size = usize::try_from(n).map_err(|_| malformed(format!("has {n} voxels along an axis")))?;
    }
    let count = voxels(size, limits)?;
    let code = if one { h.i16(70) } else { h.i16(12) };
    let sample = match code {
        2 => Sample::U8,
        4 => Sample::I16,
        8 => Sample::I32,
        16 => Sample::F32,
        64 => Sample::F64,
        256 => Sample::I8,
        512 => Sample::U16,
        768 => Sample::U32,
        1024 => Sample::I64,
        1280 => Sample::U64,
        other => {
            return Err(unsupported(
                format!("holds values of the type {other}"),
                "save integers, float32 or float64 of one channel",
            ));
        }
    };
    let offset = if one { h.f32(108) } else { h.i64(168) as f64 };
    if !(offset >= length as f64 && offset <= data.len() as f64) {
        return Err(malformed(format!("says that its voxels begin at byte {offset}")).at("byte 108"));
    }
    let body = &data[offset as usize..];
    let mut levels = decode(body, sample, endian, count, limits)?;
    let (slope, inter) = if one { (h.f32(112), h.f32(116)) } else { (h.f64(176), h.f64(184)) };
    // A slope of 0 means that values are not scaled.
    if slope != 0.0 && slope.is_finite() && inter.is_finite() && (slope, inter) != (1.0, 0.0) {
        levels = Levels::F32((0..count).map(|i| (f64::from(levels.get(i)) * slope + inter) as f32).collect());
        finite(&levels)?;
    }
    let pixdim: [f64; 3] =
        std::array::from_fn(|a| if one { h.f32(80 + 4 * a).abs() } else { h.f64(112 + 8 * a).abs() });
    let unit = match if one { i64::from(data[123]) } else { i64::from(i32::from_le_bytes(h.bytes(500))) } & 7 {
        1 => Some(LengthUnit::Metre),
        2 => Some(LengthUnit::Millimetre),
        3 => Some(LengthUnit::Micrometre),
        _ => None,
    };
    let known = pixdim.iter().all(|s| s.is_finite() && *s > 0.0);
    let mut spacing = known.then_some(FileSpacing { spacing: pixdim, unit });
    let mut notes = Vec::new();
    let (place, directions) = placed(&h, one);
    if let Some(affine) = directions.filter(|_| known).map(|d| d.map(|v| v.norm()))
        && !(0..rank.min(3)).all(|a| (affine[a] / pixdim[a] - 1.0).abs() < SAME)
    {
        notes.push(Note {
            kind: "file.no_spacing",
            message: format!(
                "the file says {pixdim:?} (pixdim) and {affine:?} (srow) of its spacing: neither was taken"
            ),
        });
        spacing = None;
    }
    let axes = directions.or_else(|| quaternion(&h, one));
    let place = axes.map_or_else(|| Place::at([0.0; 3]), |axes| Place::along(place, Some(axes), Space::Ras));
    if body.len() > count * sample.bytes() {
        let message = format!("{} bytes after the last voxel were ignored", body.len() - count * sample.bytes());
        notes.push(Note { kind: "file.trailing_bytes", message });
    }
    Ok((Content::Volume { volume: Volume { size, levels }, spacing, place }, notes))
}

/// The place of the first voxel, and the steps along the axes where the header has them as a matrix (`srow`).
fn placed(h: &Header, one: bool) -> (V3, Option<[V3; 3]>) {
    let coded = if one { h.i16(254) } else { i64::from(i32::from_le_bytes(h.bytes(348))) } > 0;
    let number = |k: usize| match (coded, one) {
        (true, true) => h.f32(280 + 4 * k),
        (true, false) => h.f64(400 + 8 * k),
        (false, true) => h.f32(268 + 4 * k),
        (false, false) => h.f64(376 + 8 * k),
    };
    if !coded {
        return (V3::new(number(0), number(1), number(2)), None);
    }
    let column = |c: usize| V3::new(number(c), number(4 + c), number(8 + c));
    (column(3), Some([column(0), column(1), column(2)]))
}

/// The directions of the axes where the header has them as a rotation (`quatern`).
fn quaternion(h: &Header, one: bool) -> Option<[V3; 3]> {
    let code = if one { h.i16(252) } else { i64::from(i32::from_le_bytes(h.bytes(344))) };
    let number = |k: usize| if one { h.f32(256 + 4 * k) } else { h.f64(352 + 8 * k) };
    let [b, c, d] = [number(0), number(1), number(2)];
    let a = (1.0 - b * b - c * c - d * d).max(0.0).sqrt();
    let turn = nalgebra::UnitQuaternion::from_quaternion(nalgebra::Quaternion::new(a, b, c, d));
    let mirrored = if one { h.f32(76) } else { h.f64(104) } < 0.0;
    (code > 0).then(|| [turn * V3::x(), turn * V3::y(), turn * V3::z() * if mirrored { -1.0 } else { 1.0 }])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of 3 × 4 × 5 voxels of the values 0, 1, 2 …
    pub(crate) fn file(big: bool) -> Vec<u8> {
        let mut data = vec![0u8; 352];
        let mut put = |at: usize, bytes: &[u8]| {
            let mut bytes = bytes.to_vec();
            if big {
                bytes.reverse();
            }
            data[at..at + bytes.len()].copy_from_slice(&bytes);
        };
        put(0, &348i32.to_le_bytes());
        for (k, n) in [3i16, 3, 4, 5, 1, 1, 1, 1].into_iter().enumerate() {
            put(40 + 2 * k, &n.to_le_bytes());
        }
        put(70, &512i16.to_le_bytes());
        put(72, &16i16.to_le_bytes());
        for (k, s) in [1f32, 0.02, 0.02, 0.05].into_iter().enumerate() {
            put(76 + 4 * k, &s.to_le_bytes());
        }
        put(108, &352f32.to_le_bytes());
        put(112, &2f32.to_le_bytes());
        put(116, &10f32.to_le_bytes());
        data[123] = 2;
        data[344..348].copy_from_slice(b"n+1\0");
        for i in 0..60u16 {
            data.extend(if big { i.to_be_bytes() } else { i.to_le_bytes() });
        }
        data
    }

    #[test]
    fn values_are_scaled_and_spacing_has_its_unit_in_both_byte_orders() {
        let limits = Limits { memory: 1 << 20 };
        for big in [false, true] {
            let Content::Volume { volume, spacing, .. } = read(&file(big), &limits).unwrap().0 else {
                panic!("a volume")
            };
            assert_eq!(volume.size, [3, 4, 5]);
            assert_eq!((volume.levels.get(0), volume.levels.get(59)), (10.0, 128.0));
            let spacing = spacing.unwrap();
            assert_eq!(spacing.unit, Some(LengthUnit::Millimetre));
            assert!((spacing.spacing[2] - 0.05).abs() < 1e-6);
        }
    }

    #[test]
    fn the_place_comes_from_the_matrix_or_the_rotation_and_must_agree_with_the_spacing() {
        let limits = Limits { memory: 1 << 20 };
        let read_with = |put: &[(usize, f32)], codes: [u8; 2]| {
            let mut data = file(false);
            put.iter().for_each(|(at, v)| data[*at..at + 4].copy_from_slice(&v.to_le_bytes()));
            (data[252], data[254]) = (codes[0], codes[1]);
            let (Content::Volume { spacing, place, .. }, notes) = read(&data, &limits).unwrap() else { panic!() };
            (
                spacing.is_some(),
                place.origin.map(|o| (o * 1e3).round() / 1e3),
                notes.iter().map(|n| n.kind).collect::<Vec<_>>(),
            )
        };
        // Steps along -y, x and z, and the place in the machine: along the volume's own axes it is (2, 1, 3).
        let matrix = [(284, 0.02), (292, 1.0), (296, -0.02), (308, -2.0), (320, 0.05), (324, 3.0)];
        assert_eq!(read_with(&matrix, [0, 1]), (true, [2.0, 1.0, 3.0], vec![]));
        // The same by a quarter turn about z, from x to -y.
        let half = std::f32::consts::FRAC_1_SQRT_2;
        let turn = [(264, -half), (268, 1.0), (272, -2.0), (276, 3.0)];
        assert_eq!(read_with(&turn, [1, 0]), (true, [2.0, 1.0, 3.0], vec![]));
        assert_eq!(read_with(&[(76, -1.0), (276, 3.0)], [1, 0]).1, [0.0, 0.0, -3.0]);
        // A matrix of steps of 1 beside 0.02: which of them is right, nobody can say.
        let other = [(280, 1.0), (300, 1.0), (320, 1.0)];
        assert_eq!(read_with(&other, [0, 1]), (false, [0.0; 3], vec!["file.no_spacing"]));
    }

    #[test]
    fn broken_headers_and_cut_files_are_refused() {
        let limits = Limits { memory: 1 << 20 };
        let good = file(false);
        for n in 0..good.len() {
            assert!(read(&good[..n], &limits).is_err(), "cut at {n}");
        }
        let mut four = good.clone();
        four[40] = 4;
        four[48] = 9;
        assert_eq!(read(&four, &limits).unwrap_err().kind, InputErrorKind::Unsupported);
        let mut huge = good.clone();
        huge[42..48].copy_from_slice(&[0xff, 0x7f, 0xff, 0x7f, 0xff, 0x7f]);
        assert_eq!(read(&huge, &limits).unwrap_err().kind, InputErrorKind::TooLarge);
        let mut far = good.clone();
        far[108..112].copy_from_slice(&1e30f32.to_le_bytes());
        assert_eq!(read(&far, &limits).unwrap_err().kind, InputErrorKind::Malformed);
        let mut without = good;
        without[80..84].copy_from_slice(&0f32.to_le_bytes());
        let Content::Volume { spacing, .. } = read(&without, &limits).unwrap().0 else { panic!("a volume") };
        assert_eq!(spacing, None, "a zero is no spacing");
    }
}
