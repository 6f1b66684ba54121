//! ISQ, the reconstructed scans of Scanco's scanners: a header of 512 bytes or a multiple, then signed 16-bit numbers, x
//! fastest, little-endian. The header gives the number of voxels and the length of each axis in µm.
//!
//! Values are the stored ones, as the scanner's own programs threshold them, not scaled to density or Hounsfield units.
//! Layout: the manufacturer's description of the header, as the readers of VTK DICOM and ITK (`itkScancoImageIO`) use it.

use super::placing::Place;
use super::samples::{Endian, Sample, decode, voxels};
use crate::grid::Volume;
use crate::input::{Content, FileSpacing, InputError, InputErrorKind, Note, Read};
use crate::limits::Limits;
use crate::units::LengthUnit;

/// What a file of the format begins with.
pub const MAGIC: &[u8] = b"CTDATA-HEADER_V1";

/// Bytes of the blocks that headers and voxels fill.
const BLOCK: usize = 512;

/// The type of data of a scout view, which is no volume.
const SCOUT_VIEW: i32 = 9;

/// Reads a volume.
///
/// # Errors
/// When the header is broken or that of a scout view, or the voxels are cut short.
pub fn read(data: &[u8], limits: &Limits) -> Read {
    if data.len() < BLOCK {
        return Err(InputError::new(InputErrorKind::Truncated, "ends within its header".to_owned())
            .remedy("copy the file again"));
    }
    let word = |at: usize| data.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(0, i32::from_le_bytes);
    let malformed = |what: String, at: usize| {
        InputError::new(InputErrorKind::Malformed, what).at(format!("byte {at}")).remedy("export the scan again")
    };
    if word(16) == SCOUT_VIEW {
        return Err(InputError::new(InputErrorKind::Unsupported, "is a scout view, not a volume".to_owned())
            .remedy("name the ISQ file of the scan"));
    }
    let mut size = [0; 3];
    let mut length = [0.0; 3];
    for a in 0..3 {
        let (n, long) = (word(44 + 4 * a), word(56 + 4 * a));
        size[a] = usize::try_from(n).map_err(|_| malformed(format!("has {n} voxels along an axis"), 44 + 4 * a))?;
        length[a] = f64::from(long);
    }
    let count = voxels(size, limits)?;
    let blocks = usize::try_from(word(BLOCK - 4))
        .map_err(|_| malformed("says that its voxels begin before it does".to_owned(), BLOCK - 4))?;
    let body = data.get((blocks + 1).saturating_mul(BLOCK)..).unwrap_or(&[]);
    let levels = decode(body, Sample::I16, Endian::Little, count, limits)?;
    let known = length.iter().all(|l| *l > 0.0);
    let spacing = known.then(|| FileSpacing {
        spacing: std::array::from_fn(|a| length[a] / size[a] as f64),
        unit: Some(LengthUnit::Micrometre),
    });
    let mut notes = Vec::new();
    // The last block may be filled up.
    let left = body.len() - count * Sample::I16.bytes();
    if left >= BLOCK {
        let message = format!("{left} bytes after the last voxel were ignored");
        notes.push(Note { kind: "file.trailing_bytes", message });
    }
    Ok((Content::Volume { volume: Volume { size, levels }, spacing, place: Place::at([0.0; 3]) }, notes))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { memory: 1 << 20 };

    fn file(blocks: usize) -> Vec<u8> {
        let mut data = vec![0u8; BLOCK * (blocks + 1)];
        data[..16].copy_from_slice(MAGIC);
        let words = [(16, 3), (44, 3), (48, 4), (52, 5), (56, 36), (60, 48), (64, 100), (508, blocks as i32)];
        words.iter().for_each(|(at, w)| data[*at..at + 4].copy_from_slice(&i32::to_le_bytes(*w)));
        (0..60i16).for_each(|i| data.extend((100 * i - 2000).to_le_bytes()));
        data
    }

    #[test]
    fn voxels_stand_behind_the_header_and_lengths_give_the_spacing() {
        for blocks in [0, 5] {
            let (Content::Volume { volume, spacing, .. }, notes) = read(&file(blocks), &LIMITS).unwrap() else {
                panic!("a volume")
            };
            assert_eq!((volume.size, volume.levels.get(0), volume.levels.get(59)), ([3, 4, 5], -2000.0, 3900.0));
            let spacing = spacing.unwrap();
            assert_eq!((spacing.spacing, spacing.unit), ([12.0, 12.0, 20.0], Some(LengthUnit::Micrometre)));
            assert!(notes.is_empty());
        }
        let mut long = file(0);
        long.extend([0; 600]);
        assert_eq!(read(&long, &LIMITS).unwrap().1[0].kind, "file.trailing_bytes");
    }

    #[test]
    fn broken_headers_and_cut_files_are_refused() {
        let good = file(1);
        for n in 0..good.len() {
            assert!(read(&good[..n], &LIMITS).is_err(), "cut at {n}");
        }
        for (at, word, kind) in [
            (44, -3, InputErrorKind::Malformed),
            (52, i32::MAX, InputErrorKind::TooLarge),
            (52, 0, InputErrorKind::Empty),
            (508, i32::MAX, InputErrorKind::Truncated),
            (508, -2, InputErrorKind::Malformed),
            (16, SCOUT_VIEW, InputErrorKind::Unsupported),
        ] {
            let mut bad = good.clone();
            bad[at..at + 4].copy_from_slice(&i32::to_le_bytes(word));
            assert_eq!(read(&bad, &LIMITS).unwrap_err().kind, kind, "{at} {word}");
        }
    }
}
