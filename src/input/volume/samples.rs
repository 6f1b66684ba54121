//! Raw samples of any number type as [`Levels`].

use crate::grid::Levels;
use crate::input::{InputError, InputErrorKind};
use crate::limits::Limits;

/// A type of numbers in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sample {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F32,
    F64,
}

/// Byte order of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endian {
    Little,
    Big,
}

impl Sample {
    pub const fn bytes(self) -> usize {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }
}

/// Number of voxels of a grid of this size, checked against the budget.
pub fn voxels(size: [usize; 3], limits: &Limits) -> Result<usize, InputError> {
    if size.contains(&0) {
        return Err(InputError::new(
            InputErrorKind::Empty,
            format!("has {} × {} × {} voxels", size[0], size[1], size[2]),
        ));
    }
    let count = size.iter().try_fold(1usize, |n, &s| n.checked_mul(s)).unwrap_or(usize::MAX);
    limits.check("the volume", count as u64, 4)?;
    if u32::try_from(count).is_err() {
        return Err(
            InputError::new(InputErrorKind::TooLarge, "has 2^32 voxels or more".to_owned()).remedy("crop the volume")
        );
    }
    Ok(count)
}

/// Decodes `count` samples.
pub fn decode(
    data: &[u8],
    sample: Sample,
    endian: Endian,
    count: usize,
    limits: &Limits,
) -> Result<Levels, InputError> {
    let needed = count.saturating_mul(sample.bytes());
    if data.len() < needed {
        return Err(InputError::new(
            InputErrorKind::Truncated,
            format!("holds {} bytes of voxels where {needed} belong", data.len()),
        )
        .remedy("copy or export the file again"));
    }
    let data = &data[..needed];
    limits.check("the volume", count as u64, 4)?;
    macro_rules! numbers {
        ($t:ty, $convert:expr) => {
            data.chunks_exact(size_of::<$t>())
                .map(|b| {
                    let b = b.try_into().unwrap_or_default();
                    let value = if endian == Endian::Little { <$t>::from_le_bytes(b) } else { <$t>::from_be_bytes(b) };
                    $convert(value)
                })
                .collect()
        };
    }
    let levels = match sample {
        Sample::U8 => Levels::U8(data.to_vec()),
        Sample::I8 => Levels::F32(numbers!(i8, f32::from)),
        Sample::U16 => Levels::U16(numbers!(u16, |v| v)),
        Sample::I16 => Levels::F32(numbers!(i16, f32::from)),
        Sample::U32 => Levels::F32(numbers!(u32, |v| v as f32)),
        Sample::I32 => Levels::F32(numbers!(i32, |v| v as f32)),
        Sample::U64 => Levels::F32(numbers!(u64, |v| v as f32)),
        Sample::I64 => Levels::F32(numbers!(i64, |v| v as f32)),
        Sample::F32 => Levels::F32(numbers!(f32, |v| v)),
        Sample::F64 => Levels::F32(numbers!(f64, |v| v as f32)),
    };
    finite(&levels)?;
    Ok(levels)
}

/// Refuses values that are not numbers.
pub fn finite(levels: &Levels) -> Result<(), InputError> {
    if let Levels::F32(values) = levels
        && let Some(i) = values.iter().position(|v| !v.is_finite())
    {
        return Err(InputError::new(InputErrorKind::NonFinite, "has a voxel that is not a finite number".to_owned())
            .at(format!("voxel {i}"))
            .remedy("replace such voxels by the value of the background"));
    }
    Ok(())
}
