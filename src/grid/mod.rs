//! Regular grids of voxels: where they lie, how they are connected, and what they hold.
//!
//! x runs fastest: the voxel (x, y, z) of a grid of nx × ny × nz voxels has the index `x + nx·(y + ny·z)`. Lengths are
//! micrometres; the origin is the centre of voxel (0, 0, 0).

mod mask;
mod volume;

pub use mask::Mask;
pub use volume::{Levels, Volume};

/// Where the voxels of a grid lie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    /// Number of voxels along x, y, z.
    pub size: [usize; 3],
    /// Distance between voxel centres along x, y, z, in µm.
    pub spacing: [f64; 3],
    /// Centre of voxel (0, 0, 0), in µm.
    pub origin: [f64; 3],
}

impl Frame {
    /// Number of voxels.
    #[must_use]
    pub fn len(&self) -> usize {
        self.size.iter().product()
    }

    /// Whether the grid has no voxels.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Index of the voxel (x, y, z).
    #[must_use]
    pub fn index(&self, x: usize, y: usize, z: usize) -> usize {
        x + self.size[0] * (y + self.size[1] * z)
    }

    /// The voxel (x, y, z) of an index.
    #[must_use]
    pub fn voxel(&self, index: usize) -> [usize; 3] {
        let [nx, ny, _] = self.size;
        [index % nx, index / nx % ny, index / (nx * ny)]
    }

    /// Centre of a voxel, in µm.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "voxel counts stay far below 2^53")]
    pub fn centre(&self, voxel: [usize; 3]) -> [f64; 3] {
        std::array::from_fn(|a| self.origin[a] + voxel[a] as f64 * self.spacing[a])
    }

    /// Volume of a voxel, in µm³.
    #[must_use]
    pub fn voxel_volume(&self) -> f64 {
        self.spacing.iter().product()
    }

    /// Size of the grid from outer face to outer face, in µm.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "voxel counts stay far below 2^53")]
    pub fn extent(&self) -> [f64; 3] {
        std::array::from_fn(|a| self.size[a] as f64 * self.spacing[a])
    }

    /// Lower and upper corner of the grid's outer faces, in µm.
    #[must_use]
    pub fn bounds(&self) -> ([f64; 3], [f64; 3]) {
        let low: [f64; 3] = std::array::from_fn(|a| self.origin[a] - self.spacing[a] / 2.0);
        let extent = self.extent();
        (low, std::array::from_fn(|a| low[a] + extent[a]))
    }

    /// The largest of the three spacings, in µm.
    #[must_use]
    pub fn coarsest(&self) -> f64 {
        self.spacing.iter().copied().fold(0.0, f64::max)
    }
}

/// Which voxels count as neighbours. There is no default: the choice changes figures and is printed with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connectivity {
    /// Voxels that share a face.
    Six,
    /// Voxels that share a face, an edge or a corner.
    TwentySix,
}

/// What lies beyond the faces of a grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Border {
    /// Nothing: neither phase.
    Open,
    /// The opposite side of the grid: it is one cell of an endless pattern.
    Periodic,
}
