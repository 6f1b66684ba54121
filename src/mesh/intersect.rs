//! Pairs of triangles that cross or touch although they are not neighbours.
//!
//! Candidates come from a bounding volume hierarchy; the decision rests on exact orientation predicates (Shewchuk 1997,
//! doi:10.1007/PL00009321), so that contact in one plane, the rule where CAD struts meet, is decided and not rounded.
//! About O(n log n) for surfaces with few crossings.

use robust::{Coord, Coord3D, orient2d, orient3d};

use super::{Bvh, Mesh, V3};
use crate::parallel::Exec;

/// Triangles handled at a time.
const BLOCK: usize = 2048;

/// Every pair `(a, b)`, `a < b`, of triangles that meet in more than the vertices and edges that they share, in order.
#[must_use]
pub fn intersections(mesh: &Mesh, exec: &Exec) -> Vec<(u32, u32)> {
    let bvh = Bvh::new(mesh);
    let n = mesh.triangles.len();
    let found = exec.map(n.div_ceil(BLOCK), |block| {
        let mut pairs = Vec::new();
        for a in block * BLOCK..((block + 1) * BLOCK).min(n) {
            let corners = mesh.corners(a);
            let low = corners[0].inf(&corners[1]).inf(&corners[2]);
            let high = corners[0].sup(&corners[1]).sup(&corners[2]);
            let start = pairs.len();
            bvh.overlapping(&low, &high, |b| {
                if b as usize > a && meet(mesh, a, b as usize) {
                    pairs.push((a as u32, b));
                }
            });
            pairs[start..].sort_unstable();
        }
        pairs
    });
    found.concat()
}

fn meet(mesh: &Mesh, a: usize, b: usize) -> bool {
    let (ta, tb) = (mesh.triangles[a], mesh.triangles[b]);
    let (ca, cb) = (mesh.corners(a), mesh.corners(b));
    let shared: Vec<usize> = (0..3).filter(|&k| tb.contains(&ta[k])).collect();
    match shared[..] {
        [] => triangles_meet(&ca, &cb),
        [k] => {
            let j = (0..3).find(|&j| tb[j] == ta[k]).unwrap_or(0);
            segment_meets(&ca[(k + 1) % 3], &ca[(k + 2) % 3], &cb)
                || segment_meets(&cb[(j + 1) % 3], &cb[(j + 2) % 3], &ca)
        }
        [k, l] => {
            // Neighbours meet in more than their edge only when one is folded flat onto the other.
            let apex_a = ca[3 - k - l];
            let apex_b = (0..3).find(|&j| !ta.contains(&tb[j])).map(|j| cb[j]);
            apex_b.is_some_and(|apex_b| {
                side(&ca, &apex_b) == 0 && {
                    let (u, v) = drop_axis(&ca);
                    let q = |p: &V3| Coord { x: p[u], y: p[v] };
                    let s = orient2d(q(&ca[k]), q(&ca[l]), q(&apex_a));
                    let t = orient2d(q(&ca[k]), q(&ca[l]), q(&apex_b));
                    (s > 0.0 && t > 0.0) || (s < 0.0 && t < 0.0)
                }
            })
        }
        _ => true,
    }
}

/// Whether two triangles have a point in common.
fn triangles_meet(a: &[V3; 3], b: &[V3; 3]) -> bool {
    let sides_b = b.map(|p| side(a, &p));
    if sides_b == [1; 3] || sides_b == [-1; 3] {
        return false;
    }
    let sides_a = a.map(|p| side(b, &p));
    if sides_a == [1; 3] || sides_a == [-1; 3] {
        return false;
    }
    (0..3).any(|k| segment_meets(&a[k], &a[(k + 1) % 3], b)) || (0..3).any(|k| segment_meets(&b[k], &b[(k + 1) % 3], a))
}

/// Whether a segment and a triangle have a point in common.
fn segment_meets(p: &V3, q: &V3, t: &[V3; 3]) -> bool {
    let (sp, sq) = (side(t, p), side(t, q));
    if sp * sq > 0 {
        return false;
    }
    if sp == 0 && sq == 0 {
        return flat_segment_meets(p, q, t);
    }
    let turns = [0, 1, 2].map(|k| side(&[*p, *q, t[k]], &t[(k + 1) % 3]));
    !(turns.contains(&1) && turns.contains(&-1))
}

/// Whether a segment in the plane of a triangle meets it.
fn flat_segment_meets(p: &V3, q: &V3, t: &[V3; 3]) -> bool {
    let (u, v) = drop_axis(t);
    let flat = |p: &V3| Coord { x: p[u], y: p[v] };
    let turn = |a: &V3, b: &V3, c: &V3| {
        let value = orient2d(flat(a), flat(b), flat(c));
        i32::from(value > 0.0) - i32::from(value < 0.0)
    };
    let orientation = turn(&t[0], &t[1], &t[2]);
    if orientation == 0 {
        return false;
    }
    let inside = |p: &V3| (0..3).all(|k| turn(&t[k], &t[(k + 1) % 3], p) * orientation >= 0);
    inside(p)
        || inside(q)
        || (0..3).any(|k| {
            let (a, b) = (&t[k], &t[(k + 1) % 3]);
            turn(p, q, a) * turn(p, q, b) < 0 && turn(a, b, p) * turn(a, b, q) < 0
        })
}

/// On which side of the triangle's plane the point lies: 1, -1, or 0 in the plane.
fn side(t: &[V3; 3], p: &V3) -> i32 {
    let c = |v: &V3| Coord3D { x: v.x, y: v.y, z: v.z };
    let value = orient3d(c(&t[0]), c(&t[1]), c(&t[2]), c(p));
    i32::from(value > 0.0) - i32::from(value < 0.0)
}

/// The two axes that remain when the triangle is seen along the one that its normal is nearest to.
fn drop_axis(t: &[V3; 3]) -> (usize, usize) {
    let normal = (t[1] - t[0]).cross(&(t[2] - t[0])).abs();
    match normal.imax() {
        0 => (1, 2),
        1 => (2, 0),
        _ => (0, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::shapes::{cuboid, join, sphere};

    fn count(mesh: &Mesh) -> usize {
        intersections(mesh, &Exec::silent(2).unwrap()).len()
    }

    #[test]
    fn sound_meshes_have_none() {
        assert_eq!(count(&cuboid([0.0; 3], [1.0; 3])), 0);
        assert_eq!(count(&sphere([0.0; 3], 1.0, 16)), 0);
        assert_eq!(count(&join(&[cuboid([0.0; 3], [1.0; 3]), cuboid([1.1, 0.0, 0.0], [2.0; 3])])), 0);
    }

    #[test]
    fn crossing_touching_and_folded_surfaces_are_found() {
        assert!(count(&join(&[cuboid([0.0; 3], [1.0; 3]), cuboid([0.5; 3], [2.0; 3])])) > 0);
        let stacked = join(&[cuboid([0.0; 3], [1.0; 3]), cuboid([0.25, 0.25, 1.0], [0.75, 0.75, 2.0])]);
        assert!(count(&stacked) > 0, "contact in one plane");
        let p = [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.4, 0.5, 0.0]].map(V3::from);
        let folded = Mesh { vertices: p.to_vec(), triangles: vec![[0, 1, 2], [1, 0, 3]] };
        assert_eq!(count(&folded), 1);
    }

    #[test]
    fn a_spike_through_a_shared_corner_is_found() {
        let p = [[0.0, 0.0, 0.0], [2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [1.0, 1.0, 1.0], [0.5, 0.5, -1.0]].map(V3::from);
        let mesh = Mesh { vertices: p.to_vec(), triangles: vec![[0, 1, 2], [0, 3, 4]] };
        assert_eq!(count(&mesh), 1);
    }
}
