//! How the axes of a grid lie in the coordinates of the file that it came from. Figures are taken along the grid's own
//! axes; a mask or a mesh whose axes are others is turned to them.

use nalgebra::{Matrix3, Vector3};

/// Axes that differ by less are the same: 20 nm over 20 mm. Headers hold numbers of 32 bits.
const SAME: f64 = 1e-6;

/// How the axes of a design lie in the coordinates of its file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lie {
    /// Directions of the axes, of length 1 and at right angles.
    pub axes: [Vector3<f64>; 3],
    /// Which way the coordinates run in a patient.
    pub space: Space,
}

/// Which way the coordinates of a file run in a patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Space {
    /// The file does not say; they are taken for those of what they are set beside.
    #[default]
    Unsaid,
    /// To the left, the back and the head: DICOM, MetaImage.
    Lps,
    /// To the right, the front and the head: NIfTI.
    Ras,
    /// To the left, the front and the head.
    Las,
}

impl Space {
    /// Signs of the coordinates beside those to the left, the back and the head.
    const fn signs(self) -> Option<[f64; 3]> {
        match self {
            Self::Unsaid => None,
            Self::Lps => Some([1.0; 3]),
            Self::Ras => Some([-1.0, -1.0, 1.0]),
            Self::Las => Some([1.0, -1.0, 1.0]),
        }
    }

    /// Signs of the coordinates beside those to the right, the front and the head; 1 where it is not said.
    #[must_use]
    pub fn to_ras(self) -> [f64; 3] {
        self.signs().map_or([1.0; 3], |[x, y, z]| [-x, -y, z])
    }
}

impl Lie {
    /// Along the coordinates of the file, as meshes lie.
    pub const PLAIN: Self = Self {
        axes: [Vector3::new(1.0, 0.0, 0.0), Vector3::new(0.0, 1.0, 0.0), Vector3::new(0.0, 0.0, 1.0)],
        space: Space::Unsaid,
    };

    /// The turn, mirrors among it, from places along other axes to places along these; `None` where it changes nothing.
    #[must_use]
    pub fn turn_from(&self, other: &Self) -> Option<Matrix3<f64>> {
        let signs = match (self.space.signs(), other.space.signs()) {
            (Some(own), Some(other)) => std::array::from_fn(|a| own[a] * other[a]),
            _ => [1.0; 3],
        };
        let turn = Matrix3::from_fn(|a, k| self.axes[a].dot(&other.axes[k].component_mul(&Vector3::from(signs))));
        ((turn - Matrix3::identity()).amax() > SAME).then_some(turn)
    }

    /// Whether the axes are left-handed in the coordinates.
    #[must_use]
    pub fn mirrors(&self) -> bool {
        Matrix3::from_columns(&self.axes).determinant() < 0.0
    }

    /// A place along the axes, in the coordinates of the file.
    #[must_use]
    pub fn place(&self, own: [f64; 3]) -> [f64; 3] {
        (0..3).map(|a| self.axes[a] * own[a]).sum::<Vector3<f64>>().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_takes_places_from_one_volume_to_the_other() {
        // The same place in a machine, along the axes of a DICOM series and of a NIfTI volume, whose x and y run the other
        // way.
        let (x, y, z) = (Vector3::x(), Vector3::y(), Vector3::z());
        let ours = Lie { axes: [y, x, -z], space: Space::Lps };
        let theirs = Lie { axes: [Vector3::new(0.8, 0.6, 0.0), Vector3::new(-0.6, 0.8, 0.0), z], space: Space::Ras };
        let along = |lie: Lie, p: Vector3<f64>| Vector3::from(lie.axes.map(|axis| axis.dot(&p)));
        let here = along(ours, Vector3::new(1.0, 2.0, 3.0));
        let there = along(theirs, Vector3::new(-1.0, -2.0, 3.0));
        assert!((ours.turn_from(&theirs).unwrap() * there - here).norm() < 1e-12);
        assert!((Vector3::from(ours.place(here.into())) - Vector3::new(1.0, 2.0, 3.0)).norm() < 1e-12);
        // Of the same voxels, written by both, nothing is to be turned; nor where one of them does not say.
        let flipped = Lie { axes: [-x, -y, z], space: Space::Ras };
        assert_eq!(Lie { space: Space::Lps, ..Lie::PLAIN }.turn_from(&flipped), None);
        assert_eq!(Lie { space: Space::Las, ..flipped }.turn_from(&Lie { space: Space::Unsaid, ..flipped }), None);
        assert!(Lie { space: Space::Las, ..flipped }.turn_from(&flipped).is_some());
    }
}
