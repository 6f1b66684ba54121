//! Where a volume lies: files give the place of the first voxel in the axes of a patient or a machine, and the directions
//! of the volume's own axes there. What is measured runs along the volume's own axes, so the place is taken along them;
//! two files of the same directions (a scan and a mask of a part of it) then lie to each other as they should.

use crate::mesh::V3;

/// The place of the first voxel along the volume's own axes; 0 where it is none, or a direction has no length.
pub fn along(place: V3, directions: [V3; 3]) -> [f64; 3] {
    let own = directions.map(|direction| {
        // By its largest part first: a direction along one axis of the machine then takes nothing but a sign.
        let direction = direction / direction.amax();
        direction.dot(&place) / direction.norm()
    });
    if own.iter().all(|o| o.is_finite()) { own } else { [0.0; 3] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_lies_in_the_whole_where_its_voxels_do() {
        // Turned by a quarter about z and mirrored along y, with steps of 0.02, 0.03 and 0.05.
        let turned = [V3::new(0.0, 0.02, 0.0), V3::new(0.03, 0.0, 0.0), V3::new(0.0, 0.0, -0.05)];
        let slanted = [V3::new(0.016, 0.012, 0.0), V3::new(-0.018, 0.024, 0.0), V3::new(0.0, 0.0, 0.05)];
        for directions in [turned, slanted] {
            let (whole, step) = (V3::new(1.0, -2.0, 3.0), [0.02, 0.03, 0.05]);
            let first = [4.0, 5.0, 6.0];
            let part = whole + (0..3).map(|a| directions[a] * first[a]).sum::<V3>();
            let (whole, part) = (along(whole, directions), along(part, directions));
            for a in 0..3 {
                assert!((part[a] - whole[a] - first[a] * step[a]).abs() < 1e-12, "{a}: {part:?} {whole:?}");
            }
        }
        let plain = [V3::x() * 0.1, V3::y() * 0.3, V3::z() * 0.7];
        assert_eq!(along(V3::new(0.1, 0.2, 0.3), plain), [0.1, 0.2, 0.3]);
        assert_eq!(along(V3::new(1.0, 2.0, 3.0), [V3::x(), V3::zeros(), V3::z()]), [0.0; 3]);
    }
}
