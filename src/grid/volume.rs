//! A grid of measured values, as imaging delivers it.

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
        let fold = |mut values: Box<dyn Iterator<Item = f32> + '_>| {
            let first = values.next()?;
            Some(values.fold((first, first), |(low, high), v| (low.min(v), high.max(v))))
        };
        match self {
            Self::U8(v) => fold(Box::new(v.iter().copied().map(f32::from))),
            Self::U16(v) => fold(Box::new(v.iter().copied().map(f32::from))),
            Self::F32(v) => fold(Box::new(v.iter().copied())),
        }
    }

    /// The values in a new order: value `i` of the result is the old value `from(i)`.
    #[must_use]
    pub fn permuted(&self, from: impl Fn(usize) -> usize) -> Self {
        let n = self.len();
        match self {
            Self::U8(v) => Self::U8((0..n).map(|i| v[from(i)]).collect()),
            Self::U16(v) => Self::U16((0..n).map(|i| v[from(i)]).collect()),
            Self::F32(v) => Self::F32((0..n).map(|i| v[from(i)]).collect()),
        }
    }
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
        // New (x, y, z) is old (z, y, x).
        let levels = self.levels.permuted(|i| {
            let (x, y, z) = (i % nz, i / nz % ny, i / (nz * ny));
            z + nx * (y + ny * x)
        });
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
    }
}
