//! Where a volume lies: files give the place of the first voxel in the axes of a patient or a machine, and the directions
//! of the volume's own axes there. What is measured runs along the volume's own axes, so the place is taken along them.

use crate::grid::{Lie, Space};
use crate::mesh::V3;

/// Products of directions from which on they are not at right angles.
const SLANTED: f64 = 1e-3;

/// Where a volume lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Centre of the first voxel along the volume's own axes, in the unit of the spacing.
    pub origin: [f64; 3],
    /// How these axes lie; none where the file does not say, or they are not at right angles.
    pub lie: Option<Lie>,
}

impl Place {
    /// Where the file says nothing of the directions.
    #[must_use]
    pub const fn at(origin: [f64; 3]) -> Self {
        Self { origin, lie: None }
    }

    /// From a place in the coordinates of the file, along directions of any length or, where it says none, along its
    /// coordinates; at 0 where it is no place, or a direction has no length.
    pub(super) fn along(place: V3, directions: Option<[V3; 3]>, space: Space) -> Self {
        let Some(directions) = directions else {
            return Self::at(if place.iter().all(|o| o.is_finite()) { place.into() } else { [0.0; 3] });
        };
        // By its largest part first: a direction along one axis of the machine then takes nothing but a sign.
        let scaled = directions.map(|direction| direction / direction.amax());
        let origin = scaled.map(|direction| direction.dot(&place) / direction.norm());
        if !origin.iter().all(|o| o.is_finite()) {
            return Self::at([0.0; 3]);
        }
        let axes = scaled.map(|direction| direction / direction.norm());
        let upright = (0..3).all(|a| axes[a].dot(&axes[(a + 1) % 3]).abs() < SLANTED);
        Self { origin, lie: upright.then_some(Lie { axes, space }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn along(place: V3, directions: [V3; 3]) -> Place {
        Place::along(place, Some(directions), Space::Unsaid)
    }

    #[test]
    fn a_part_lies_in_the_whole_where_its_voxels_do() {
        // Turned by a quarter about z and mirrored along y, with steps of 0.02, 0.03 and 0.05.
        let turned = [V3::new(0.0, 0.02, 0.0), V3::new(0.03, 0.0, 0.0), V3::new(0.0, 0.0, -0.05)];
        let slanted = [V3::new(0.016, 0.012, 0.0), V3::new(-0.018, 0.024, 0.0), V3::new(0.0, 0.0, 0.05)];
        for directions in [turned, slanted] {
            let (whole, step) = (V3::new(1.0, -2.0, 3.0), [0.02, 0.03, 0.05]);
            let first = [4.0, 5.0, 6.0];
            let part = whole + (0..3).map(|a| directions[a] * first[a]).sum::<V3>();
            let [whole, part] = [whole, part].map(|place| Place::along(place, Some(directions), Space::Lps).origin);
            for a in 0..3 {
                assert!((part[a] - whole[a] - first[a] * step[a]).abs() < 1e-12, "{a}: {part:?} {whole:?}");
            }
        }
        let plain = [V3::x() * 0.1, V3::y() * 0.3, V3::z() * 0.7];
        let upright = Place { origin: [0.1, 0.2, 0.3], lie: Some(Lie::PLAIN) };
        assert_eq!(along(V3::new(0.1, 0.2, 0.3), plain), upright);
        assert_eq!(along(V3::new(1.0, 2.0, 3.0), [V3::x(), V3::zeros(), V3::z()]), Place::at([0.0; 3]));
    }

    #[test]
    fn axes_are_told_where_they_are_at_right_angles() {
        let slanted = [V3::new(0.8, 0.6, 0.0) * 3.0, V3::new(-0.6, 0.8, 0.0), V3::z() * -0.5];
        let place = Place::along(V3::new(1.0, 2.0, 3.0), Some(slanted), Space::Ras);
        for (found, truth) in
            place.lie.unwrap().axes.iter().zip([V3::new(0.8, 0.6, 0.0), V3::new(-0.6, 0.8, 0.0), -V3::z()])
        {
            assert!((found - truth).norm() < 1e-15, "{found}");
        }
        assert_eq!(along(V3::new(1.0, 2.0, 3.0), [V3::new(0.8, 0.6, 0.0), V3::y(), V3::z()]).lie, None);
        assert_eq!(Place::along(V3::new(1.0, 2.0, 3.0), None, Space::Lps), Place::at([1.0, 2.0, 3.0]));
    }
}
