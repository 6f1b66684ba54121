//! Overhang: the part of a surface that faces down so flatly that nothing carries it while it is made.
//!
//! A part is laid in planes across a direction `up`. With the outward unit normal n of a place on its surface, the surface
//! there makes the angle acos(−n·up) with the build plane where it faces down. It hangs over where that angle is below the
//! one that holds without support: n·up < −cos α. What rests on the build plate, the plane of the lowest corner, is carried
//! by it and does not count. A face at just α holds.
//!
//! Of a triangle all is decided at once, so the areas of a mesh are exact: of a sphere hangs over, up to its facets, the
//! cap of half-angle α, the share (1 − cos α)/2 of its area. The definition knows no envelope and no volume. What hangs
//! over between two supports nearby (a bridge) counts like what hangs in the air, unless the caller tells it apart.
//! O(triangles), no memory.

use super::{V3, area_vector};

/// By how many degrees a face may be flatter than the angle and still hold: what rounding corners to single precision
/// turns a small triangle by.
const TURNED: f64 = 0.01;

/// Areas of a surface, in the square of its unit of length.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Overhang {
    /// What hangs over.
    pub hanging: f64,
    /// What would hang over and is carried at both ends.
    pub bridged: f64,
    /// What rests on the build plate.
    pub resting: f64,
    /// The whole surface.
    pub total: f64,
}

impl Overhang {
    /// What hangs over as a share of the whole surface; `None` where there is no surface.
    #[must_use]
    pub fn share(&self) -> Option<f64> {
        (self.total > 0.0).then(|| self.hanging / self.total)
    }
}

/// The overhang of a surface of triangles that face outward, along the unit vector `up`, below `degrees` from the build
/// plane; `slack` is how far above the lowest corner a triangle may lie and still rest on the plate.
#[must_use]
pub fn overhang(triangles: impl Iterator<Item = [V3; 3]> + Clone, up: &V3, degrees: f64, slack: f64) -> Overhang {
    overhang_between(triangles, up, degrees, slack, |_| 0.0)
}

/// The same, of each triangle that hangs over the area told apart that `bridged` says is carried at both ends.
#[must_use]
pub fn overhang_between(
    triangles: impl Iterator<Item = [V3; 3]> + Clone,
    up: &V3,
    degrees: f64,
    slack: f64,
    bridged: impl Fn(&[V3; 3]) -> f64,
) -> Overhang {
    let lowest = triangles.clone().flatten().map(|v| up.dot(&v)).fold(f64::INFINITY, f64::min);
    let steepest = (degrees - TURNED).clamp(0.0, 90.0).to_radians().cos();
    let mut found = Overhang::default();
    for triangle in triangles {
        let normal = area_vector(triangle);
        let area = normal.norm();
        found.total += area;
        if triangle.iter().all(|v| up.dot(v) <= lowest + slack) {
            found.resting += area;
        } else if -up.dot(&normal) > steepest * area {
            let carried = bridged(&triangle).min(area);
            found.bridged += carried;
            found.hanging += area - carried;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use nalgebra::Rotation3;

    use super::super::Mesh;
    use super::super::shapes::{cuboid, join, sphere};
    use super::*;

    const UP: V3 = V3::new(0.0, 0.0, 1.0);

    fn triangles(mesh: &Mesh) -> Vec<[V3; 3]> {
        (0..mesh.triangles.len()).map(|t| mesh.corners(t)).collect()
    }

    fn share(mesh: &Mesh, up: &V3, degrees: f64) -> f64 {
        overhang(triangles(mesh).into_iter(), up, degrees, 1e-9).share().unwrap()
    }

    fn turned(mesh: &Mesh, by: &Rotation3<f64>) -> Mesh {
        Mesh { vertices: mesh.vertices.iter().map(|v| by * v).collect(), triangles: mesh.triangles.clone() }
    }

    #[test]
    fn a_cube_rests_on_the_plate() {
        let found = overhang(triangles(&cuboid([0.0; 3], [1.0; 3])).into_iter(), &UP, 45.0, 1e-9);
        assert!((found.resting - 1.0).abs() < 1e-12 && (found.total - 6.0).abs() < 1e-12, "{found:?}");
        assert_eq!(found.hanging, 0.0);
        assert_eq!(overhang(std::iter::empty(), &UP, 45.0, 0.0).share(), None);
    }

    #[test]
    fn of_a_sphere_a_cap_hangs_over() {
        for degrees in [10.0f64, 30.0, 45.0, 60.0] {
            let truth = (1.0 - degrees.to_radians().cos()) / 2.0;
            // A ring of facets spans 180°/n: the cap may end half a ring off, where its rim is sin α/2 of the area a radian.
            let error = |n: usize| (share(&sphere([3.0, -2.0, 5.0], 4.0, n), &UP, degrees) - truth).abs();
            let ring = |n: usize| std::f64::consts::PI / n as f64 * degrees.to_radians().sin() / 2.0;
            for n in [48, 192] {
                assert!(error(n) <= 0.6 * ring(n), "{degrees}°, {n}: off by {}", error(n));
            }
        }
    }

    #[test]
    fn a_tilted_plate_hangs_over_below_its_angle() {
        let plate = cuboid([-50.0, -50.0, -1.0], [50.0, 50.0, 1.0]);
        let area = 2.0 * (1e4 + 2.0 * 200.0);
        for tilt in [20.0f64, 44.0, 46.0, 70.0] {
            let tilted = turned(&plate, &Rotation3::from_axis_angle(&V3::x_axis(), tilt.to_radians()));
            // The large face looks down at `tilt` from the plane, and one narrow side at 90° − tilt.
            let truth = f64::from(u8::from(tilt < 45.0)) * 1e4 + f64::from(u8::from(90.0 - tilt < 45.0)) * 200.0;
            assert!((share(&tilted, &UP, 45.0) - truth / area).abs() < 1e-12, "{tilt}");
        }
        // At just the angle it holds.
        let tilted = turned(&plate, &Rotation3::from_axis_angle(&V3::x_axis(), 45f64.to_radians()));
        assert_eq!(share(&tilted, &UP, 45.0), 0.0);
    }

    #[test]
    fn under_a_horizontal_cylinder_a_strip_hangs_over() {
        // A prism of 360 sides along x whose facets face at whole degrees and a half.
        let (sides, radius, length) = (360usize, 2.0, 10.0);
        let at = |k: usize, x: f64| {
            let angle = (k as f64).to_radians();
            V3::new(x, radius * angle.cos(), radius * angle.sin())
        };
        let mut all = Vec::new();
        for k in 0..sides {
            let [a, b, c, d] = [at(k, 0.0), at(k + 1, 0.0), at(k + 1, length), at(k, length)];
            all.extend([[a, b, c], [a, c, d]]);
            all.extend([[V3::new(0.0, 0.0, 0.0), b, a], [V3::new(length, 0.0, 0.0), d, c]]);
        }
        let side = 2.0 * radius * 0.5f64.to_radians().sin() * length;
        let ends = sides as f64 * radius * radius * 1f64.to_radians().sin();
        let found = overhang(all.iter().copied(), &UP, 45.0, 1e-9);
        assert!((found.total - (sides as f64 * side + ends)).abs() < 1e-9, "{found:?}");
        // Facets at ±0.5°, ±1.5° … ±44.5° from straight down; it rests on an edge, which has no area.
        assert!((found.hanging - 90.0 * side).abs() < 1e-9 && found.resting == 0.0, "{found:?}");
    }

    #[test]
    fn a_bridge_hangs_over_between_its_pillars() {
        // Pillars of 1 × 1 × 4 with a gap of 5, a beam of 7 × 1 × 1 on them: faces that touch are left out.
        let pillar = |x: f64| cuboid([x, 0.0, 0.0], [x + 1.0, 1.0, 4.0]);
        let mut bridge = triangles(&join(&[pillar(0.0), pillar(6.0), cuboid([0.0, 0.0, 4.0], [7.0, 1.0, 5.0])]));
        bridge.retain(|t| !t.iter().all(|v| (v.z - 4.0).abs() < 1e-12));
        let under = |x: [f64; 2]| {
            let [a, b, c, d] = [[x[0], 0.0], [x[1], 0.0], [x[1], 1.0], [x[0], 1.0]].map(|[x, y]| V3::new(x, y, 4.0));
            [[a, c, b], [a, d, c]]
        };
        bridge.extend(under([1.0, 6.0]));
        let found = overhang(bridge.iter().copied(), &UP, 45.0, 1e-9);
        assert!((found.hanging - 5.0).abs() < 1e-12 && (found.resting - 2.0).abs() < 1e-12, "{found:?}");
        // Upside down the beam rests, and nothing hangs.
        let down = overhang(bridge.iter().copied(), &-UP, 45.0, 1e-9);
        assert!(down.hanging == 0.0 && (down.resting - 7.0).abs() < 1e-12, "{down:?}");
    }

    #[test]
    fn turning_the_solid_with_the_direction_changes_nothing() {
        let body = join(&[cuboid([0.0; 3], [2.0, 3.0, 5.0]), sphere([9.0, 0.0, 4.0], 3.0, 24)]);
        for angles in [[0.3, -1.1, 2.0], [1.4, 0.2, -0.7]] {
            let by = Rotation3::from_euler_angles(angles[0], angles[1], angles[2]);
            for degrees in [19.0, 45.0] {
                let (here, there) = (share(&body, &UP, degrees), share(&turned(&body, &by), &(by * UP), degrees));
                assert!(here > 0.01 && (here - there).abs() < 1e-9, "{here} {there}");
            }
        }
    }
}
