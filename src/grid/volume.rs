//! A grid of measured values, as imaging delivers it.

use std::ops::Range;

/// Values of the voxels, x fastest, in a type that holds them exactly.
#[derive(Clone, Debug, PartialEq)]
pub enum Levels {
    /// Unsigned 8-bit values.
    U8(Vec<u8>),
    /// Unsigned 16-bit values.
    U16(Vec<u16>),
    /// Any other type, all values finite.
    F32(Vec<f32>),
}

impl Levels {
    /// Number of values.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::U8(v) => v.len(),
            Self::U16(v) => v.len(),
            Self::F32(v) => v.len(),
        }
    }

    /// Whether there are no values.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Makes room for that many more values.
    pub fn reserve(&mut self, more: usize) {
        match self {
            Self::U8(v) => v.reserve_exact(more),
            Self::U16(v) => v.reserve_exact(more),
            Self::F32(v) => v.reserve_exact(more),
        }
    }

    /// Puts values of the same type behind these; `false` when they are of another.
    #[must_use]
    pub fn append(&mut self, more: Self) -> bool {
        match (self, more) {
            (Self::U8(all), Self::U8(more)) => all.extend(more),
            (Self::U16(all), Self::U16(more)) => all.extend(more),
            (Self::F32(all), Self::F32(more)) => all.extend(more),
            _ => return false,
        }
        true
    }

    /// Value of the voxel of this index.
    #[must_use]
    #[inline]
    pub fn get(&self, index: usize) -> f32 {
        match self {
            Self::U8(v) => f32::from(v[index]),
            Self::U16(v) => f32::from(v[index]),
            Self::F32(v) => v[index],
        }
    }

    /// Least and greatest value; `None` without values.
    #[must_use]
    pub fn range(&self) -> Option<(f32, f32)> {
        match self {
            Self::U8(v) => Some((f32::from(*v.iter().min()?), f32::from(*v.iter().max()?))),
            Self::U16(v) => Some((f32::from(*v.iter().min()?), f32::from(*v.iter().max()?))),
            Self::F32(v) => {
                let first = *v.first()?;
                Some(v.iter().fold((first, first), |(low, high), v| (low.min(*v), high.max(*v))))
            }
        }
    }

    /// How many values between two indices are such.
    #[must_use]
    #[inline]
    pub fn count(&self, between: Range<usize>, are: impl Fn(f32) -> bool) -> usize {
        match self {
            Self::U8(v) => v[between].iter().filter(|v| are(f32::from(**v))).count(),
            Self::U16(v) => v[between].iter().filter(|v| are(f32::from(**v))).count(),
            Self::F32(v) => v[between].iter().filter(|v| are(**v)).count(),
        }
    }
}

/// Voxels along x and z that are turned at a time, so that reading and writing stay within the cache.
const TURNED: usize = 64;

/// Values of a grid of this size with x and z in each other's place.
fn turned<T: Copy + Default>(values: &[T], [nx, ny, nz]: [usize; 3]) -> Vec<T> {
    let mut all = vec![T::default(); values.len()];
    for x0 in (0..nx).step_by(TURNED) {
        for y in 0..ny {
            for z0 in (0..nz).step_by(TURNED) {
                for x in x0..nx.min(x0 + TURNED) {
                    let row = nz * (y + ny * x);
                    let row = &mut all[row + z0..row + nz.min(z0 + TURNED)];
                    for (z, value) in (z0..).zip(row) {
                        *value = values[x + nx * (y + ny * z)];
                    }
                }
            }
        }
    }
    all
}

/// A grid of values without its place in space.
#[derive(Clone, Debug, PartialEq)]
pub struct Volume {
    /// Number of voxels along x, y, z.
    pub size: [usize; 3],
    /// The values.
    pub levels: Levels,
}

impl Volume {
    /// The volume with its axes in reverse order, as files that name them z, y, x mean it.
    #[must_use]
    pub fn reversed_axes(&self) -> Self {
        let [nx, ny, nz] = self.size;
        let levels = match &self.levels {
            Levels::U8(v) => Levels::U8(turned(v, self.size)),
            Levels::U16(v) => Levels::U16(turned(v, self.size)),
            Levels::F32(v) => Levels::F32(turned(v, self.size)),
        };
        Self { size: [nz, ny, nx], levels }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reversing_axes_swaps_x_and_z() {
        let volume = Volume { size: [2, 3, 4], levels: Levels::U8((0..24).collect()) };
        let other = volume.reversed_axes();
        assert_eq!(other.size, [4, 3, 2]);
        for (x, y, z) in [(0, 0, 0), (1, 2, 3), (1, 0, 2)] {
            assert_eq!(volume.levels.get(x + 2 * (y + 3 * z)), other.levels.get(z + 4 * (y + 3 * x)));
        }
        assert_eq!(other.reversed_axes(), volume);
        // Larger than what is turned at a time.
        let size = [130, 3, 67];
        let volume = Volume { size, levels: Levels::U16((0..130 * 3 * 67).map(|i| i as u16).collect()) };
        let other = volume.reversed_axes();
        for (x, y, z) in [(129, 2, 66), (64, 1, 63), (63, 0, 64), (0, 2, 66)] {
            assert_eq!(volume.levels.get(x + 130 * (y + 3 * z)), other.levels.get(z + 67 * (y + 3 * x)));
        }
        assert_eq!(other.reversed_axes(), volume);
    }
}
