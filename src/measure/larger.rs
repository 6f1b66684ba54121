//! Whether a body is too large for a cavity whichever way it is turned.
//!
//! What lies in a cavity lies in its hull, and with it its own hull. Of convex bodies of which one lies in the other the
//! inner one has no greater volume, surface, diameter or least width, and all four stay as they are when it is turned and
//! shifted: where one of them is greater than that of the cavity's hull, no placing holds the body. That they are smaller
//! proves nothing.
//!
//! The cavity is let out on all sides first, by what counts as touching and by what grids leave open; its volume and surface
//! grow with that as Steiner's formula says, the mean curvature being 2π times the mean width, which is at most the
//! diameter. The width along a direction changes by at most the diameter times the change of the direction, so that cells of
//! directions are left out or cut into four until the least width of the body is known to be greater (branch and bound).

use std::f64::consts::PI;

use crate::mesh::V3;
use crate::mesh::hull::convex_hull;

/// Corners up to which all pairs are compared.
const PAIRS: usize = 3000;

/// Directions that are tried.
const TRIED: usize = 20_000;

/// What of a convex body grows with it.
struct Hull {
    corners: Vec<V3>,
    normals: Vec<V3>,
    volume: f64,
    area: f64,
    /// A length that it surely has somewhere, and one that it surely has nowhere more than.
    diameter: [f64; 2],
}

impl Hull {
    fn of(points: &[V3]) -> Option<Self> {
        let mesh = convex_hull(points).ok()?;
        let (mut area, mut normals) = (0.0, vec![V3::x(), V3::y(), V3::z()]);
        for t in 0..mesh.triangles.len() {
            let [a, b, c] = mesh.corners(t);
            let normal = (b - a).cross(&(c - a));
            area += normal.norm() / 2.0;
            normals.extend(normal.try_normalize(0.0));
        }
        let corners = mesh.vertices.clone();
        let (low, high) = mesh.bounds()?;
        let some = corners.len().div_ceil(PAIRS).max(1);
        let pairs =
            corners.iter().step_by(some).flat_map(|a| corners.iter().step_by(some).map(move |b| (a - b).norm()));
        let found = pairs.fold(0.0, f64::max);
        let diameter = [found, if some == 1 { found } else { (high - low).norm() }];
        Some(Self { corners, normals, volume: mesh.signed_volume().abs(), area, diameter })
    }

    fn width(&self, along: &V3) -> f64 {
        let (low, high) = self
            .corners
            .iter()
            .map(|p| p.dot(along))
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), d| (l.min(d), h.max(d)));
        high - low
    }

    /// The least width across a face or along an axis: at least the least of all.
    fn narrow(&self) -> f64 {
        let some = (self.normals.len() / PAIRS).max(1);
        self.normals.iter().step_by(some).map(|n| self.width(n)).fold(f64::INFINITY, f64::min)
    }

    /// Whether it is wider than this along every direction, as far as that shows.
    fn wider(&self, least: f64) -> bool {
        // Cells on three faces of a cube: a direction and its opposite have the same width.
        let mut cells: Vec<(usize, [f64; 2], f64)> = (0..3).map(|face| (face, [0.0; 2], 1.0)).collect();
        for _ in 0..TRIED {
            let Some((face, [u, v], half)) = cells.pop() else { return true };
            let mut along = V3::zeros();
            (along[face], along[(face + 1) % 3], along[(face + 2) % 3]) = (1.0, u, v);
            let width = self.width(&along.normalize());
            if width <= least {
                return false;
            }
            // On the sphere two directions are no further apart than on the cube.
            if width - self.diameter[1] * half * 2f64.sqrt() <= least {
                let h = half / 2.0;
                let quarters = [[u - h, v - h], [u + h, v - h], [u - h, v + h], [u + h, v + h]];
                cells.extend(quarters.map(|middle| (face, middle, h)));
            }
        }
        false
    }
}

/// What of a body proves that it does not go into a cavity whose wall may lie `slack` further out; of both points of the
/// surface that have the corners of the hull among them.
pub(super) fn larger(body: &[V3], cavity: &[V3], slack: f64) -> Option<&'static str> {
    let (body, cavity) = (Hull::of(body)?, Hull::of(cavity)?);
    let (t, across) = (slack, cavity.diameter[1]);
    let volume = cavity.volume + cavity.area * t + 2.0 * PI * across * t * t + 4.0 / 3.0 * PI * t.powi(3);
    let area = cavity.area + 4.0 * PI * across * t + 4.0 * PI * t * t;
    if body.volume > volume {
        Some("volume")
    } else if body.diameter[0] > across + 2.0 * t {
        Some("diameter")
    } else if body.area > area {
        Some("surface")
    } else if body.wider(cavity.narrow() + 2.0 * t) {
        Some("least width")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The corners of a box, turned.
    fn bar(size: [f64; 3]) -> Vec<V3> {
        let turn = nalgebra::Rotation3::from_euler_angles(0.3, -0.8, 1.9);
        (0..8).map(|k| turn * V3::from_fn(|a, _| if k >> a & 1 == 1 { size[a] } else { 0.0 })).collect()
    }

    #[test]
    fn one_of_four_proves_that_a_box_is_too_large() {
        let cavity = |size: [f64; 3]| {
            (0..8).map(|k| V3::from_fn(|a, _| if k >> a & 1 == 1 { size[a] } else { 0.0 })).collect::<Vec<_>>()
        };
        for (body, hole, proof) in [
            ([10.0, 10.0, 3.0], [20.0, 20.0, 2.0], Some("least width")),
            ([20.0, 1.0, 1.0], [11.0, 11.0, 11.0], Some("diameter")),
            ([22.0, 8.8, 4.4], [20.0, 8.0, 4.0], Some("volume")),
            // A leaf as wide as a cube is long, of a hundredth of its volume.
            ([13.0, 13.0, 0.1], [10.0, 10.0, 10.0], Some("diameter")),
            ([14.0, 14.0, 1.0], [20.0, 7.0, 3.0], Some("surface")),
            ([20.0, 8.0, 4.0], [20.0, 8.0, 4.0], None),
            ([10.0, 10.0, 1.9], [20.0, 20.0, 2.0], None),
        ] {
            assert_eq!(larger(&bar(body), &cavity(hole), 1e-6), proof, "{body:?} {hole:?}");
        }
        // What is larger by less than the wall leaves open proves nothing.
        assert_eq!(larger(&bar([20.1, 8.1, 4.1]), &cavity([20.0, 8.0, 4.0]), 0.1), None);
        assert_eq!(larger(&bar([10.0, 10.0, 2.1]), &cavity([20.0, 20.0, 2.0]), 0.1), None);
    }

    #[test]
    fn widths_of_a_box_are_known() {
        let hull = Hull::of(&bar([9.0, 5.0, 3.0])).unwrap();
        assert!((hull.narrow() - 3.0).abs() < 1e-9 && (hull.diameter[0] - 115f64.sqrt()).abs() < 1e-9);
        assert!((hull.volume - 135.0).abs() < 1e-9 && (hull.area - 174.0).abs() < 1e-9);
        assert!(hull.wider(2.9) && !hull.wider(3.0 + 1e-9));
    }
}
