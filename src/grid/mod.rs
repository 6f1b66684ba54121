//! Regular grids of voxels: where they lie, how they are connected, and what they hold.
//!
//! x runs fastest: the voxel (x, y, z) of a grid of nx × ny × nz voxels has the index `x + nx·(y + ny·z)`. Lengths are
//! micrometres; the origin is the centre of voxel (0, 0, 0).

mod lie;
mod mask;
mod volume;

pub use lie::{Lie, Space};
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

    /// The value at a point in µm between the values of the voxels round it, by trilinear interpolation; beyond the
    /// outermost centres that of the nearest place among them, and how far that is, along the axis where it is farthest.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "voxel counts stay far below 2^53")]
    pub fn interpolate(&self, p: [f64; 3], value: impl Fn(usize) -> f64) -> (f64, f64) {
        let (mut low, mut weight, mut beyond) = ([0; 3], [0.0; 3], 0.0f64);
        for a in 0..3 {
            let s = (p[a] - self.origin[a]) / self.spacing[a];
            let held = s.clamp(0.0, (self.size[a] - 1) as f64);
            beyond = beyond.max((s - held).abs() * self.spacing[a]);
            low[a] = (held as usize).min(self.size[a].saturating_sub(2));
            weight[a] = held - low[a] as f64;
        }
        let mut sum = 0.0;
        for corner in 0..8 {
            let pick = |a: usize| {
                let up = corner >> a & 1;
                ((low[a] + up).min(self.size[a] - 1), if up == 1 { weight[a] } else { 1.0 - weight[a] })
            };
            let (x, y, z) = (pick(0), pick(1), pick(2));
            sum += x.1 * y.1 * z.1 * value(self.index(x.0, y.0, z.0));
        }
        (sum, beyond)
    }

    /// The grid along turned axes that covers this one, its middle where that of this one comes to lie: along each axis
    /// the steps of the axis that comes nearest to it, so that a quarter turn or a mirror leaves the voxels where they are.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "voxel counts stay far below 2^53")]
    pub fn turned(&self, turn: &nalgebra::Matrix3<f64>) -> Self {
        let nearest: [usize; 3] = std::array::from_fn(|a| turn.row(a).transpose().iamax());
        let spacing = nearest.map(|k| self.spacing[k]);
        let extent = turn.abs() * nalgebra::Vector3::from(self.extent());
        // A hair of a voxel is rounding.
        let size: [usize; 3] = std::array::from_fn(|a| ((extent[a] / spacing[a] - 1e-4).ceil() as usize).max(1));
        let last: [f64; 3] = std::array::from_fn(|a| (self.size[a] as f64 - 1.0) / 2.0 * self.spacing[a]);
        let middle = turn * (nalgebra::Vector3::from(self.origin) + nalgebra::Vector3::from(last));
        let origin = std::array::from_fn(|a| middle[a] - (size[a] as f64 - 1.0) / 2.0 * spacing[a]);
        Self { size, spacing, origin }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slope_is_interpolated_exactly_and_held_beyond_the_grid() {
        let frame = Frame { size: [4, 1, 3], spacing: [0.5, 2.0, 1.5], origin: [1.0, -3.0, 0.25] };
        let slope = |[x, _, z]: [f64; 3]| 2.0 * x - 0.7 * z + 0.1;
        let at = |p| frame.interpolate(p, |i| slope(frame.centre(frame.voxel(i))));
        let inner = [2.13, -3.0, 1.9];
        assert!((at(inner).0 - slope(inner)).abs() < 1e-12 && at(inner).1 == 0.0);
        // 0.8 beyond the last centre along x, 0.3 before the first along z.
        let (value, beyond) = at([3.3, -3.0, -0.05]);
        assert!((value - slope([2.5, -3.0, 0.25])).abs() < 1e-12 && (beyond - 0.8).abs() < 1e-12);
    }
}
