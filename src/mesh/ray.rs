//! Where rays along x cross triangles, and how often a closed surface winds round a point by what a ray to it crosses.
//!
//! Crossings are decided exactly (adaptive predicates of Shewchuk 1997, doi:10.1007/PL00009321), ties broken by moving the
//! ray infinitesimally, so that no ray slips through an edge.

use robust::{Coord, orient2d};

use super::{Mesh, V3};

/// How often triangles that together are closed wind round a point: O(triangles), without preparation.
#[must_use]
pub fn wraps(mesh: &Mesh, triangles: impl Iterator<Item = u32>, p: &V3) -> i32 {
    let before = |t: u32| {
        let corners = mesh.corners(t as usize);
        // What lies aside is most, and passed over first.
        let aside = |a: usize| corners.iter().all(|c| c[a] < p[a]) || corners.iter().all(|c| c[a] > p[a]);
        if aside(1) || aside(2) {
            return 0;
        }
        crossing(&corners, p.y, p.z).map_or(0, |(x, turn)| if x <= p.x { i32::from(turn) } else { 0 })
    };
    triangles.map(before).sum()
}

/// Where the line along x through (y, z) crosses the triangle, and by how much the winding number rises there.
#[must_use]
pub fn crossing(corners: &[V3; 3], y: f64, z: f64) -> Option<(f64, i8)> {
    let flat = |v: &V3| Coord { x: v.y, y: v.z };
    let p = Coord { x: y, y: z };
    let mut weights = [0.0; 3];
    let mut turn = 0;
    for k in 0..3 {
        let (a, b) = (flat(&corners[(k + 1) % 3]), flat(&corners[(k + 2) % 3]));
        weights[k] = orient2d(a, b, p);
        let exact = if weights[k] != 0.0 {
            weights[k]
        } else if a.y != b.y {
            // The ray is moved by (ε, ε²).
            a.y - b.y
        } else {
            b.x - a.x
        };
        let sign = if exact > 0.0 {
            1
        } else if exact < 0.0 {
            -1
        } else {
            return None;
        };
        if turn != 0 && sign != turn {
            return None;
        }
        turn = sign;
    }
    let sum: f64 = weights.iter().sum();
    let (low, high) =
        (corners.iter().map(|c| c.x).fold(f64::MAX, f64::min), corners.iter().map(|c| c.x).fold(f64::MIN, f64::max));
    let x =
        if sum == 0.0 { low } else { (0..3).map(|k| weights[k] / sum * corners[k].x).sum::<f64>().clamp(low, high) };
    Some((x, -turn))
}

#[cfg(test)]
mod tests {
    use super::super::shapes;
    use super::*;

    #[test]
    fn rays_through_corners_and_edges_count_once() {
        // Corners of the cuboid and of the ball lie on the rays.
        let mesh = shapes::join(&[shapes::cuboid([0.0; 3], [4.0, 2.0, 2.0]), shapes::sphere([2.0, 1.0, 1.0], 1.0, 8)]);
        let all = mesh.triangles.len() as u32;
        for (p, expected) in [
            ([2.0, 1.0, 1.0], [1, 1]),
            ([0.5, 1.0, 1.0], [1, 0]),
            ([3.5, 1.0, 1.0], [1, 0]),
            ([5.0, 1.0, 1.0], [0, 0]),
            ([-1.0, 1.0, 1.0], [0, 0]),
            ([2.0, 3.0, 1.0], [0, 0]),
            ([2.0, 0.1, 0.1], [1, 0]),
        ] {
            let p = V3::from(p);
            assert_eq!([wraps(&mesh, 0..12, &p), wraps(&mesh, 12..all, &p)], expected, "{p}");
            assert_eq!(wraps(&mesh, 0..all, &p), expected[0] + expected[1]);
        }
    }
}
