//! Convex hull by incremental insertion with conflict lists (quickhull: Barber, Dobkin & Huhdanpaa 1996,
//! doi:10.1145/235815.235821).
//!
//! Orientation tests are exact (Shewchuk's adaptive predicates), so that flat faces, the rule in CAD parts, cause no
//! inconsistent hulls; a point on a face's plane counts as inside it. Expected O(n log n).

use std::collections::VecDeque;

use super::{Mesh, V3};

/// The points have no volume: fewer than four, or all in one plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the points span no volume")]
pub struct Flat;

struct Face {
    corners: [u32; 3],
    /// Neighbour across the edge from corner k to corner k + 1.
    neighbours: [usize; 3],
    outside: Vec<u32>,
    alive: bool,
}

/// Convex hull of `points` as a closed mesh that faces outward; the mesh holds only the points that it uses.
///
/// # Errors
/// When the points span no volume.
pub fn convex_hull(points: &[V3]) -> Result<Mesh, Flat> {
    let start = simplex(points).ok_or(Flat)?;
    let mut faces: Vec<Face> = Vec::new();
    let tetra = [[0, 1, 2], [0, 3, 1], [1, 3, 2], [2, 3, 0]].map(|f: [usize; 3]| f.map(|i| start[i]));
    for corners in tetra {
        faces.push(Face { corners, neighbours: [usize::MAX; 3], outside: Vec::new(), alive: true });
    }
    for f in 0..4 {
        for k in 0..3 {
            let (a, b) = (tetra[f][k], tetra[f][(k + 1) % 3]);
            faces[f].neighbours[k] =
                (0..4).find(|&g| (0..3).any(|j| tetra[g][j] == b && tetra[g][(j + 1) % 3] == a)).ok_or(Flat)?;
        }
    }
    for p in 0..points.len() as u32 {
        if let Some(f) = (0..4).find(|&f| above(points, &faces[f].corners, p)) {
            faces[f].outside.push(p);
        }
    }
    let mut queue: VecDeque<usize> = (0..4).collect();
    while let Some(f) = queue.pop_front() {
        if !faces[f].alive || faces[f].outside.is_empty() {
            continue;
        }
        let apex = furthest(points, &faces[f]);
        // The faces that the apex sees, and the edges round them.
        let mut visible = vec![f];
        faces[f].alive = false;
        let mut horizon = Vec::new();
        let mut next = 0;
        while next < visible.len() {
            let v = visible[next];
            next += 1;
            for k in 0..3 {
                let n = faces[v].neighbours[k];
                if !faces[n].alive {
                    continue;
                }
                if above(points, &faces[n].corners, apex) {
                    faces[n].alive = false;
                    visible.push(n);
                } else {
                    horizon.push((faces[v].corners[k], faces[v].corners[(k + 1) % 3], n));
                }
            }
        }
        // A face may have been closed after an edge to it was noted.
        horizon.retain(|&(_, _, n)| faces[n].alive);
        let base = faces.len();
        for &(a, b, n) in &horizon {
            let id = faces.len();
            let k = (0..3).find(|&k| faces[n].corners[k] == b && faces[n].corners[(k + 1) % 3] == a).ok_or(Flat)?;
            faces[n].neighbours[k] = id;
            faces.push(Face {
                corners: [a, b, apex],
                neighbours: [n, usize::MAX, usize::MAX],
                outside: Vec::new(),
                alive: true,
            });
        }
        for i in base..faces.len() {
            let [a, b, _] = faces[i].corners;
            let after = (base..faces.len()).find(|&j| faces[j].corners[0] == b).ok_or(Flat)?;
            let before = (base..faces.len()).find(|&j| faces[j].corners[1] == a).ok_or(Flat)?;
            faces[i].neighbours[1] = after;
            faces[i].neighbours[2] = before;
        }
        for v in visible {
            for p in std::mem::take(&mut faces[v].outside) {
                if p == apex {
                    continue;
                }
                if let Some(g) = (base..faces.len()).find(|&g| above(points, &faces[g].corners, p)) {
                    faces[g].outside.push(p);
                }
            }
        }
        queue.extend(base..faces.len());
    }
    let corners: Vec<[V3; 3]> =
        faces.iter().filter(|f| f.alive).map(|f| f.corners.map(|v| points[v as usize])).collect();
    Mesh::weld(&corners).map_err(|_| Flat)
}

/// Whether `p` lies strictly outside the plane of the face.
fn above(points: &[V3], face: &[u32; 3], p: u32) -> bool {
    let c = |i: u32| {
        let v = points[i as usize];
        robust::Coord3D { x: v.x, y: v.y, z: v.z }
    };
    // orient3d is positive when p lies below a, b, c in counter-clockwise order.
    robust::orient3d(c(face[0]), c(face[1]), c(face[2]), c(p)) < 0.0
}

fn furthest(points: &[V3], face: &Face) -> u32 {
    let [a, b, c] = face.corners.map(|v| points[v as usize]);
    let normal = (b - a).cross(&(c - a));
    let height = |p: u32| normal.dot(&(points[p as usize] - a));
    face.outside.iter().copied().fold(face.outside[0], |best, p| if height(p) > height(best) { p } else { best })
}

/// Four points that span a volume, the last below the first three.
fn simplex(points: &[V3]) -> Option<[u32; 4]> {
    let pick = |score: &dyn Fn(&V3) -> f64| {
        (0..points.len()).fold(None, |best: Option<(usize, f64)>, i| {
            let s = score(&points[i]);
            if best.is_none_or(|(_, b)| s > b) { Some((i, s)) } else { best }
        })
    };
    let (i, _) = pick(&|p| -p.x)?;
    let (j, d) = pick(&|p| (p - points[i]).norm_squared())?;
    if d <= 0.0 {
        return None;
    }
    let along = (points[j] - points[i]).normalize();
    let (k, _) = pick(&|p| (p - points[i]).cross(&along).norm_squared())?;
    let normal = (points[j] - points[i]).cross(&(points[k] - points[i]));
    let (l, height) = pick(&|p| normal.dot(&(p - points[i])).abs())?;
    if height <= 0.0 {
        return None;
    }
    let [i, j, k, l] = [i, j, k, l].map(|n| n as u32);
    if above(points, &[i, j, k], l) {
        return Some([i, k, j, l]);
    }
    above(points, &[i, k, j], l).then_some([i, j, k, l])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::shapes;
    use proptest::prelude::*;

    #[test]
    fn the_hull_of_a_gridded_box_is_the_box() {
        let points: Vec<V3> =
            (0..125).map(|i| V3::new(f64::from(i % 5), f64::from(i / 5 % 5), f64::from(i / 25))).collect();
        let hull = convex_hull(&points).unwrap();
        assert!((hull.signed_volume() - 64.0).abs() < 1e-12);
        assert!((hull.area() - 96.0).abs() < 1e-12);
    }

    #[test]
    fn a_convex_mesh_is_its_own_hull() {
        let mesh = shapes::sphere([3.0, 1.0, 2.0], 5.0, 20);
        let hull = convex_hull(&mesh.vertices).unwrap();
        assert!((hull.signed_volume() / mesh.signed_volume() - 1.0).abs() < 1e-3);
    }

    #[test]
    fn flat_points_have_no_hull() {
        let flat: Vec<V3> = (0..9).map(|i| V3::new(f64::from(i % 3), f64::from(i / 3), 1.0)).collect();
        assert_eq!(convex_hull(&flat), Err(Flat));
        assert_eq!(convex_hull(&[]), Err(Flat));
    }

    proptest! {
        #[test]
        fn every_point_is_inside_and_the_hull_is_closed(
            points in prop::collection::vec([0..6i32, 0..6, 0..6], 4..60)
        ) {
            let points: Vec<V3> = points.iter().map(|p| V3::from(p.map(f64::from))).collect();
            if let Ok(hull) = convex_hull(&points) {
                let mut directed: Vec<(u32, u32)> =
                    hull.triangles.iter().flat_map(|t| (0..3).map(|k| (t[k], t[(k + 1) % 3]))).collect();
                directed.sort_unstable();
                for &(a, b) in &directed {
                    prop_assert!(directed.binary_search(&(b, a)).is_ok());
                }
                for p in &points {
                    for t in 0..hull.triangles.len() {
                        let [a, b, c] = hull.corners(t);
                        let height = (b - a).cross(&(c - a)).dot(&(p - a));
                        prop_assert!(height <= 1e-9, "{p} is {height} outside");
                    }
                }
                prop_assert!(hull.signed_volume() > 0.0);
            }
        }
    }
}
