//! AIM, the volumes of Scanco's image processing (IPL), versions 020 and 030: a list of the lengths of blocks, then the
//! blocks: a header of the image, a log, the voxels. Numbers are little-endian, of 32 bits in version 020 and of 64 in
//! 030; spacing is in mm in version 020, as floats of VMS, and in nm in version 030.
//!
//! Read are signed and unsigned integers of 8, 16 and 32 bits, and the three ways of packing 8-bit masks and labels: eight
//! voxels a byte (2 × 2 × 2), lengths of runs of two values in turn, and pairs of value and length. Packed voxels may
//! leave out a border, which is void. Floats are refused, for published readers disagree on their form.
//!
//! Layout: as the readers `AimIO` of the Bone Imaging Laboratory, Calgary, and `itkScancoImageIO` use it. These disagree
//! on whether the value or the length of a pair comes first: lengths have to add up to the number of voxels, which tells.

use super::placing::Place;
use super::samples::{Endian, Sample, decode, voxels};
use crate::grid::{Levels, Volume};
use crate::input::{Content, FileSpacing, InputError, InputErrorKind, Read};
use crate::limits::Limits;
use crate::units::LengthUnit;

/// What a file of version 030 begins with.
const VERSION_030: &[u8] = b"AIMDATA_V030   \0";

/// The voxels of packed types.
const BITS: i64 = 0x0006_0001;
const TWO_VALUES: i64 = 0x0015_0001;
const PAIRS: i64 = 0x0008_0002;

/// Whether the file begins as one of the format.
#[must_use]
pub fn looks_like(data: &[u8]) -> bool {
    // Version 020: the list of blocks takes 20 bytes, the header of the image 140.
    data.starts_with(VERSION_030) || data.starts_with(&[20, 0, 0, 0, 140, 0, 0, 0])
}

fn malformed(what: String) -> InputError {
    InputError::new(InputErrorKind::Malformed, what).remedy("write the volume again from IPL")
}

fn truncated(what: &str) -> InputError {
    InputError::new(InputErrorKind::Truncated, what.to_owned()).remedy("copy the file again")
}

/// Whole numbers of a file, of one version.
struct Words<'a> {
    data: &'a [u8],
    wide: bool,
}

impl Words<'_> {
    fn short(&self, at: usize) -> Result<i64, InputError> {
        let word = self.data.get(at..at + 4).and_then(|b| b.try_into().ok()).map(i32::from_le_bytes);
        word.map(i64::from).ok_or_else(|| truncated("ends within its header"))
    }

    /// The number at a place: 64 bits where the version is wide.
    fn long(&self, at: usize) -> Result<i64, InputError> {
        if !self.wide {
            return self.short(at);
        }
        let word = self.data.get(at..at + 8).and_then(|b| b.try_into().ok()).map(i64::from_le_bytes);
        word.ok_or_else(|| truncated("ends within its header"))
    }

    fn length(&self, at: usize) -> Result<usize, InputError> {
        let n = self.long(at)?;
        usize::try_from(n).map_err(|_| malformed(format!("has a block of {n} bytes")).at(format!("byte {at}")))
    }

    /// Three numbers in a row.
    fn three(&self, at: usize) -> Result<[i64; 3], InputError> {
        let step = if self.wide { 8 } else { 4 };
        Ok([self.long(at)?, self.long(at + step)?, self.long(at + 2 * step)?])
    }
}

/// A float of VMS: two words of 16 bits, the higher first, and an exponent that is two more than that of IEEE.
fn vms(bytes: [u8; 4]) -> f64 {
    f64::from(f32::from_le_bytes([bytes[2], bytes[3], bytes[0], bytes[1]])) / 4.0
}

/// Reads a volume.
///
/// # Errors
/// When the header is broken, the values are of a type that is not read, or the voxels are cut short.
pub fn read(data: &[u8], limits: &Limits) -> Read {
    let wide = data.starts_with(VERSION_030);
    let w = Words { data, wide };
    let (list, step) = if wide { (VERSION_030.len(), 8) } else { (0, 4) };
    let image = list + w.length(list)?.min(data.len());
    let header = w.length(list + step)?;
    let log = w.length(list + 2 * step)?;
    let body = data.get(image.saturating_add(header).saturating_add(log)..).unwrap_or(&[]);
    // Behind version and identity, of which version 030 has fewer words.
    let kind_at = image + if wide { 12 } else { 20 };
    let kind = w.short(kind_at)?;
    let (position, dimensions, offset) =
        (w.three(kind_at + 4)?, w.three(kind_at + 4 + 3 * step)?, w.three(kind_at + 4 + 6 * step)?);
    let sizes_at = kind_at + 4 + 21 * step;
    let mut step_mm = [0.0; 3];
    for (a, mm) in step_mm.iter_mut().enumerate() {
        *mm = if wide {
            w.long(sizes_at + 8 * a)? as f64 / 1e6
        } else {
            let bytes = data.get(sizes_at + 4 * a..sizes_at + 4 * a + 4).and_then(|b| b.try_into().ok());
            vms(bytes.ok_or_else(|| truncated("ends within its header"))?)
        };
    }
    let mut size = [0; 3];
    for a in 0..3 {
        let n = dimensions[a];
        size[a] = usize::try_from(n).map_err(|_| malformed(format!("has {n} voxels along an axis")))?;
    }
    let count = voxels(size, limits)?;
    let levels = match sample(kind) {
        Some(sample) => decode(body, sample, Endian::Little, count, limits)?,
        None => {
            // Behind packed voxels other blocks may follow.
            let length = w.length(list + 3 * step)?.min(body.len());
            packed(&body[..length], kind, size, offset, wide, limits)?
        }
    };
    let known = step_mm.iter().all(|s| s.is_finite() && *s > 0.0);
    let spacing = known.then_some(FileSpacing { spacing: step_mm, unit: Some(LengthUnit::Millimetre) });
    let origin = std::array::from_fn(|a| if known { position[a] as f64 * step_mm[a] } else { 0.0 });
    Ok((Content::Volume { volume: Volume { size, levels }, spacing, place: Place::at(origin) }, Vec::new()))
}

/// The type of numbers that are not packed.
fn sample(kind: i64) -> Option<Sample> {
    match kind {
        0x0001_0001 => Some(Sample::I8),
        0x0016_0001 => Some(Sample::U8),
        0x0002_0002 => Some(Sample::I16),
        0x0017_0002 => Some(Sample::U16),
        0x0003_0004 => Some(Sample::I32),
        _ => None,
    }
}

/// Unpacks voxels.
fn packed(
    body: &[u8],
    kind: i64,
    size: [usize; 3],
    offset: [i64; 3],
    wide: bool,
    limits: &Limits,
) -> Result<Levels, InputError> {
    if !matches!(kind, BITS | TWO_VALUES | PAIRS) {
        return Err(InputError::new(
            InputErrorKind::Unsupported,
            format!("holds values of the type {kind:#010x}, which is not read"),
        )
        .remedy("convert it to char or short in IPL"));
    }
    if kind == BITS {
        return Ok(of_bytes(bits(body, size, limits)?));
    }
    let mut inner = size;
    let mut border = [0; 3];
    for a in 0..3 {
        let edge = usize::try_from(offset[a]).ok().filter(|o| o.saturating_mul(2) < size[a]);
        border[a] = edge.ok_or_else(|| malformed(format!("leaves out a border of {} voxels", offset[a])))?;
        inner[a] = size[a] - 2 * border[a];
    }
    // The length of the block stands before the runs.
    let runs = body.get(if wide { 8 } else { 4 }..).ok_or_else(|| truncated("holds no voxels"))?;
    let count = inner.iter().product();
    let mut values = limits.try_vec("the volume", count, 0u8)?;
    let whole = if kind == TWO_VALUES {
        two_values(runs, &mut values)
    } else {
        pairs(runs, &mut values, [0, 1]) || pairs(runs, &mut values, [1, 0])
    };
    if !whole {
        return Err(truncated("has runs of voxels that do not add up to its size"));
    }
    if inner == size {
        return Ok(of_bytes(values));
    }
    let mut all = limits.try_vec("the volume", size.iter().product(), 0u8)?;
    for (r, row) in values.chunks_exact(inner[0]).enumerate() {
        let (y, z) = (r % inner[1] + border[1], r / inner[1] + border[2]);
        let at = border[0] + size[0] * (y + size[1] * z);
        all[at..at + inner[0]].copy_from_slice(row);
    }
    Ok(of_bytes(all))
}

/// Signed 8-bit values, as levels.
fn of_bytes(values: Vec<u8>) -> Levels {
    if values.iter().all(|v| *v < 128) {
        return Levels::U8(values);
    }
    Levels::F32(values.into_iter().map(|v| f32::from(v.cast_signed())).collect())
}

/// Eight voxels a byte, 2 × 2 × 2, x fastest from the lowest bit; behind them the value of those that are set.
fn bits(body: &[u8], size: [usize; 3], limits: &Limits) -> Result<Vec<u8>, InputError> {
    let [cx, cy, cz] = size.map(|n| n.div_ceil(2));
    let cells = cx * cy * cz;
    let cut = || truncated("holds fewer bytes than its voxels take");
    let value = match *body.get(cells).ok_or_else(cut)? {
        0 => 127,
        value => value,
    };
    let mut values = limits.try_vec("the volume", size.iter().product(), 0u8)?;
    for (r, row) in values.chunks_exact_mut(size[0]).enumerate() {
        let (y, z) = (r % size[1], r / size[1]);
        let line = &body[cx * (y / 2 + cy * (z / 2))..][..cx];
        let bit = 2 * (y % 2) + 4 * (z % 2);
        for (x, v) in row.iter_mut().enumerate() {
            *v = if line[x / 2] >> (bit + x % 2) & 1 == 1 { value } else { 0 };
        }
    }
    Ok(values)
}

/// Lengths of runs of two values in turn; 255 stands for 254 voxels after which the value stays. Says whether the runs
/// fill the volume, no more and no less.
fn two_values(runs: &[u8], out: &mut [u8]) -> bool {
    let [first, second, lengths @ ..] = runs else { return false };
    let (mut value, mut other) = (*first, *second);
    let mut at = 0;
    for length in lengths {
        let n = usize::from((*length).min(254));
        let Some(run) = out.get_mut(at..at + n) else { return false };
        run.fill(value);
        at += n;
        if *length != 255 {
            std::mem::swap(&mut value, &mut other);
        }
        if at == out.len() {
            return true;
        }
    }
    false
}

/// Pairs of bytes, of which `order` says where the value and where the length stands. Says whether the runs fill the
/// volume.
fn pairs(runs: &[u8], out: &mut [u8], order: [usize; 2]) -> bool {
    let mut at = 0;
    for pair in runs.chunks_exact(2) {
        let n = usize::from(pair[order[1]]);
        let Some(run) = out.get_mut(at..at + n) else { return false };
        run.fill(pair[order[0]]);
        at += n;
    }
    at == out.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { memory: 1 << 20 };

    /// A file of this size and type around packed or plain voxels.
    fn file(wide: bool, size: [i64; 3], kind: i32, offset: i64, body: &[u8]) -> Vec<u8> {
        let number = |n: i64| if wide { n.to_le_bytes().to_vec() } else { (n as i32).to_le_bytes().to_vec() };
        let log = b"! log\n";
        let mut data = if wide { VERSION_030.to_vec() } else { Vec::new() };
        let lengths =
            [if wide { 40 } else { 20 }, if wide { 224 } else { 140 }, log.len() as i64, body.len() as i64, 0];
        lengths.iter().for_each(|n| data.extend(number(*n)));
        data.extend(vec![0; if wide { 12 } else { 20 }]);
        data.extend(kind.to_le_bytes());
        for triple in [[2, 3, 4], size, [offset; 3], [0; 3], [0; 3], [0; 3], [0; 3]] {
            triple.iter().for_each(|n| data.extend(number(*n)));
        }
        for mm in [0.012f32, 0.012, 0.02] {
            if wide {
                data.extend(number((f64::from(mm) * 1e6).round() as i64));
            } else {
                let [a, b, c, d] = (4.0 * mm).to_le_bytes();
                data.extend([c, d, a, b]);
            }
        }
        data.extend(vec![0; if wide { 16 } else { 20 }]);
        data.extend(log);
        data.extend(body);
        data
    }

    #[test]
    fn plain_voxels_are_read_in_both_versions_and_cuts_refused() {
        let body: Vec<u8> = (0..60i16).flat_map(|i| (i - 5).to_le_bytes()).collect();
        for wide in [false, true] {
            let data = file(wide, [3, 4, 5], 0x0002_0002, 0, &body);
            assert!(looks_like(&data));
            let Content::Volume { volume, spacing, place: Place { origin, .. } } = read(&data, &LIMITS).unwrap().0
            else {
                panic!()
            };
            assert_eq!((volume.size, volume.levels.get(0), volume.levels.get(59)), ([3, 4, 5], -5.0, 54.0));
            let spacing = spacing.unwrap();
            assert!(spacing.spacing.iter().zip([0.012, 0.012, 0.02]).all(|(a, b)| (a - b).abs() < 1e-8), "{spacing:?}");
            assert!((origin[2] - 0.08).abs() < 1e-8);
            for n in 0..data.len() {
                assert!(read(&data[..n], &LIMITS).is_err(), "cut at {n}");
            }
            let float = file(wide, [3, 4, 5], 0x001a_0004, 0, &[0; 240]);
            assert_eq!(read(&float, &LIMITS).unwrap_err().kind, InputErrorKind::Unsupported);
            let huge = file(wide, [i64::from(i32::MAX); 3], 0x0002_0002, 0, &body);
            assert_eq!(read(&huge, &LIMITS).unwrap_err().kind, InputErrorKind::TooLarge);
        }
    }

    #[test]
    fn packed_voxels_are_unpacked() {
        let length = |wide: bool| vec![0; if wide { 8 } else { 4 }];
        for wide in [false, true] {
            let levels = |kind, size, offset, body: &[u8]| {
                read(&file(wide, size, kind, offset, body), &LIMITS).map(|r| match r.0 {
                    Content::Volume { volume, .. } => volume.levels,
                    Content::Mesh { .. } => panic!("a volume"),
                })
            };
            // 3 × 2 × 1 voxels in two bytes: of the second only the lower column counts.
            let bits = levels(BITS as i32, [3, 2, 1], 0, &[0b0110, 0b1011, 9]).unwrap();
            assert_eq!(bits, Levels::U8(vec![0, 9, 9, 9, 0, 0]));
            // 300 voxels of 0 (254 and 46), then 20 of 100.
            let two = [&length(wide)[..], &[0, 100, 255, 46, 20]].concat();
            let Levels::U8(values) = levels(TWO_VALUES as i32, [20, 16, 1], 0, &two).unwrap() else { panic!() };
            assert!((0..320).all(|i| values[i] == if i < 300 { 0 } else { 100 }));
            assert!(levels(TWO_VALUES as i32, [20, 17, 1], 0, &two).is_err());
            // Six voxels of 7 and two of −1, either way round; a border of one voxel around them.
            for runs in [[7u8, 6, 255, 2], [6, 7, 2, 255]] {
                let body = [&length(wide)[..], &runs].concat();
                let plain = levels(PAIRS as i32, [4, 2, 1], 0, &body).unwrap();
                assert_eq!((plain.get(0), plain.get(5), plain.get(6)), (7.0, 7.0, -1.0));
                let framed = levels(PAIRS as i32, [6, 4, 3], 1, &body).unwrap();
                assert_eq!(framed.len(), 72);
                assert_eq!((framed.get(0), framed.get(1 + 6 + 24), framed.get(4 + 12 + 24)), (0.0, 7.0, -1.0));
                assert!(levels(PAIRS as i32, [6, 4, 2], 1, &body).is_err());
            }
        }
    }
}
