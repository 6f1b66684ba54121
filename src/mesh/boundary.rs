//! The surface of the solid that a mesh means where its shells overlap or touch: the parts of the triangles that have
//! void in front of them.
//!
//! CAD programs export a lattice as struts that run into each other. The solid is their union, where the winding number
//! is at least 1; the parts of a strut's surface inside another strut bound nothing. Each triangle is cut along the
//! triangles that cross it, exactly, and each piece is kept when the winding number just in front of it is below 1/2.
//! The cost is that of cutting the triangles that cross, and one winding number for every piece and for every triangle
//! within the box of another shell; among convex shells, which most struts are, half-spaces answer instead.

use super::closest::closest_point;
use super::convex::ConvexShells;
use super::shells::Shells;
use super::winding::Winding;
use super::{Mesh, V3, area_vector};
use crate::parallel::Exec;

/// Triangles handled at a time.
const BLOCK: usize = 32;

/// Relative to a triangle's size: closer than this counts as on the plane.
const FLAT: f64 = 1e-9;

/// The pieces of the surface that bound the solid.
#[must_use]
pub fn boundary(mesh: &Mesh, crossings: &[(u32, u32)], shells: &Shells, exec: &Exec) -> Vec<[V3; 3]> {
    let n = mesh.triangles.len();
    let near = near_other_shells(mesh, shells);
    if crossings.is_empty() && near.iter().all(|&x| !x) {
        return (0..n).map(|t| mesh.corners(t)).collect();
    }
    let winding = Winding::new(mesh);
    let convex = ConvexShells::new(mesh, shells);
    let mut partners: Vec<(u32, u32)> = crossings.iter().flat_map(|&(a, b)| [(a, b), (b, a)]).collect();
    exec.sort(&mut partners);
    let found = exec.map(n.div_ceil(BLOCK), |block| {
        let mut kept = Vec::new();
        for t in block * BLOCK..((block + 1) * BLOCK).min(n) {
            let corners = mesh.corners(t);
            let from = partners.partition_point(|p| p.0 < t as u32);
            let to = partners.partition_point(|p| p.0 <= t as u32);
            if from == to && !near[t] {
                kept.push(corners);
                continue;
            }
            let normal = area_vector(corners);
            let upright = normal.normalize();
            let knives: Vec<Knife> =
                partners[from..to].iter().map(|p| Knife::new(mesh.corners(p.1 as usize), &corners, &upright)).collect();
            let own = shells.of_triangle[t] as usize;
            let pieces = dissect(corners, &upright, knives.iter().collect(), |piece| convex.hides(own, piece));
            let twins: Vec<[V3; 3]> = partners[from..to]
                .iter()
                .filter(|p| p.1 < t as u32)
                .map(|p| mesh.corners(p.1 as usize))
                .filter(|twin| area_vector(*twin).dot(&normal) > 0.0)
                .collect();
            kept.extend(pieces.into_iter().filter(|piece| {
                exposed(piece, &normal, |p| convex.covers(own, p).unwrap_or_else(|| winding.at(p) >= 0.5))
                    && !twins.iter().any(|twin| covers(twin, piece))
            }));
        }
        kept
    });
    found.concat()
}

/// Whether a triangle lies in the box of a shell other than its own that it may be inside of.
fn near_other_shells(mesh: &Mesh, shells: &Shells) -> Vec<bool> {
    let mut near = vec![false; mesh.triangles.len()];
    let mut by_x: Vec<usize> = (0..shells.shells.len()).collect();
    by_x.sort_by(|&a, &b| shells.shells[a].bounds.0.x.total_cmp(&shells.shells[b].bounds.0.x));
    for (rank, &a) in by_x.iter().enumerate() {
        let (low_a, high_a) = shells.shells[a].bounds;
        for &b in &by_x[rank + 1..] {
            let (low_b, high_b) = shells.shells[b].bounds;
            if low_b.x > high_a.x {
                break;
            }
            if (1..3).any(|k| low_a[k] > high_b[k] || low_b[k] > high_a[k]) {
                continue;
            }
            for (inner, low, high) in [(a, low_b, high_b), (b, low_a, high_a)] {
                for &t in &shells.shells[inner].triangles {
                    if !near[t as usize] {
                        let c = mesh.corners(t as usize);
                        near[t as usize] =
                            (0..3).all(|k| c.iter().any(|v| v[k] >= low[k]) && c.iter().any(|v| v[k] <= high[k]));
                    }
                }
            }
        }
    }
    near
}

/// Whether there is void in front of the piece.
fn exposed(piece: &[V3; 3], normal: &V3, solid: impl Fn(&V3) -> bool) -> bool {
    let area = area_vector(*piece).norm();
    let longest = (0..3).map(|k| (piece[(k + 1) % 3] - piece[k]).norm()).fold(0.0, f64::max);
    if area <= 1e-14 * normal.norm() || longest <= 0.0 {
        return false;
    }
    let step = 1e-4 * 2.0 * area / longest;
    let front = (piece[0] + piece[1] + piece[2]) / 3.0 + normal.normalize() * step;
    !solid(&front)
}

/// Whether the piece lies on the triangle `twin`, which then stands for both.
fn covers(twin: &[V3; 3], piece: &[V3; 3]) -> bool {
    let middle = (piece[0] + piece[1] + piece[2]) / 3.0;
    let size = (0..3).map(|k| (twin[(k + 1) % 3] - twin[k]).norm()).fold(0.0, f64::max);
    (closest_point(&middle, twin) - middle).norm() <= FLAT * size
}

/// A triangle that crosses another one, with the corners of what it has in the plane of that.
struct Knife {
    triangle: [V3; 3],
    trace: Vec<V3>,
    flat: f64,
}

impl Knife {
    fn new(triangle: [V3; 3], plane: &[V3; 3], normal: &V3) -> Self {
        let scale = (0..3).map(|k| (triangle[k] - plane[0]).norm()).fold(0.0, f64::max);
        let flat = FLAT * scale;
        let heights = triangle.map(|p| normal.dot(&(p - plane[0])));
        let mut trace: Vec<V3> = (0..3).filter(|&k| heights[k].abs() <= flat).map(|k| triangle[k]).collect();
        for (i, j) in [(0, 1), (1, 2), (2, 0)] {
            if heights[i] * heights[j] < 0.0 {
                trace.push(triangle[i] + (triangle[j] - triangle[i]) * (heights[i] / (heights[i] - heights[j])));
            }
        }
        Self { triangle, trace, flat }
    }

    /// Whether it may meet a piece: its trace is not all beyond one of the piece's edges.
    fn reaches(&self, piece: &[V3; 3], normal: &V3) -> bool {
        (0..3).all(|k| {
            let inward = normal.cross(&(piece[(k + 1) % 3] - piece[k])).normalize();
            self.trace.iter().any(|p| inward.dot(&(p - piece[k])) >= -self.flat)
        })
    }
}

/// Cuts a piece along all knives: along one that cuts it, then each part along those that may meet it, so that a cut runs on
/// to the edges of a part only. Parts that are `hidden` are left out.
fn dissect(piece: [V3; 3], normal: &V3, knives: Vec<&Knife>, hidden: impl Fn(&[V3; 3]) -> bool) -> Vec<[V3; 3]> {
    let mut done = Vec::new();
    let mut open = vec![(piece, knives)];
    while let Some((piece, mut knives)) = open.pop() {
        if hidden(&piece) {
            continue;
        }
        let parts = loop {
            if knives.is_empty() {
                break Vec::new();
            }
            // One from the middle: the file's neighbours are neighbours in space, and would peel off sliver by sliver.
            let knife = knives.swap_remove(knives.len() / 2);
            let parts = cut(piece, &knife.triangle);
            if parts.len() > 1 {
                break parts;
            }
        };
        if parts.is_empty() {
            done.push(piece);
        }
        open.extend(parts.into_iter().map(|part| {
            let own = knives.iter().filter(|knife| knife.reaches(&part, normal)).copied().collect();
            (part, own)
        }));
    }
    done
}

/// Cuts `piece` along the intersection with the triangle `knife`; a piece that it does not cross comes back whole.
fn cut(piece: [V3; 3], knife: &[V3; 3]) -> Vec<[V3; 3]> {
    let knife_normal = area_vector(*knife);
    let size = knife_normal.norm();
    if size <= 0.0 {
        return vec![piece];
    }
    let knife_normal = knife_normal / size;
    let scale = (0..3)
        .map(|k| (piece[(k + 1) % 3] - piece[k]).norm().max((knife[(k + 1) % 3] - knife[k]).norm()))
        .fold(0.0, f64::max);
    let flat = FLAT * scale;
    let heights = piece.map(|p| knife_normal.dot(&(p - knife[0])));
    if heights.iter().all(|h| h.abs() <= flat) {
        // In one plane: the knife's edges cut.
        let mut pieces = vec![piece];
        for k in 0..3 {
            let (a, b) = (knife[k], knife[(k + 1) % 3]);
            let across = (b - a).cross(&knife_normal).normalize();
            pieces = pieces
                .into_iter()
                .flat_map(|p| {
                    let along = (b - a).normalize();
                    let length = (b - a).norm();
                    split(p, &a, &across, flat, |s, e| {
                        let (s, e) = (along.dot(&(s - a)), along.dot(&(e - a)));
                        s.max(e).min(length) - s.min(e).max(0.0) > flat
                    })
                })
                .collect();
        }
        return pieces;
    }
    split(piece, &knife[0], &knife_normal, flat, |s, e| {
        // The part of the segment inside the knife, by clipping against its edges.
        let (mut from, mut to) = (0.0f64, 1.0f64);
        for k in 0..3 {
            let (a, b) = (knife[k], knife[(k + 1) % 3]);
            let inward = knife_normal.cross(&(b - a)).normalize();
            let (ds, de) = (inward.dot(&(s - a)), inward.dot(&(e - a)));
            if ds <= 0.0 && de <= 0.0 {
                return false;
            }
            if ds < 0.0 {
                from = from.max(ds / (ds - de));
            } else if de < 0.0 {
                to = to.min(ds / (ds - de));
            }
        }
        (to - from) * (e - s).norm() > flat
    })
}

/// Splits a triangle by a plane when it has corners on both sides and `cuts` says that the cut from one point to the
/// other matters.
fn split(piece: [V3; 3], origin: &V3, normal: &V3, flat: f64, cuts: impl Fn(&V3, &V3) -> bool) -> Vec<[V3; 3]> {
    let heights = piece.map(|p| {
        let h = normal.dot(&(p - origin));
        if h.abs() <= flat { 0.0 } else { h }
    });
    if heights.iter().all(|&h| h >= 0.0) || heights.iter().all(|&h| h <= 0.0) {
        return vec![piece];
    }
    let between = |i: usize, j: usize| piece[i] + (piece[j] - piece[i]) * (heights[i] / (heights[i] - heights[j]));
    if let Some(k) = (0..3).find(|&k| heights[k] == 0.0) {
        let (i, j) = ((k + 1) % 3, (k + 2) % 3);
        let m = between(i, j);
        return if cuts(&piece[k], &m) { vec![[piece[k], piece[i], m], [piece[k], m, piece[j]]] } else { vec![piece] };
    }
    // One corner alone on its side.
    let k = (0..3).find(|&k| heights[k] * heights[(k + 1) % 3] < 0.0 && heights[k] * heights[(k + 2) % 3] < 0.0);
    let Some(k) = k else { return vec![piece] };
    let (i, j) = ((k + 1) % 3, (k + 2) % 3);
    let (m, n) = (between(k, i), between(k, j));
    if cuts(&m, &n) { vec![[piece[k], m, n], [m, piece[i], piece[j]], [m, piece[j], n]] } else { vec![piece] }
}

#[cfg(test)]
mod tests {
    use super::super::intersect::intersections;
    use super::super::topology::Topology;
    use super::*;
    use crate::mesh::shapes::{cuboid, flipped, join};

    fn union(parts: &[Mesh]) -> Mesh {
        let exec = Exec::silent(2).unwrap();
        let mut mesh = join(parts);
        let topology = Topology::new(&mesh, &exec);
        let shells = Shells::orient(&mut mesh, &topology);
        let crossings = intersections(&mesh, &exec);
        Mesh::weld(&boundary(&mesh, &crossings, &shells, &exec)).unwrap()
    }

    #[test]
    fn the_union_of_crossing_bars_has_its_exact_volume_and_area() {
        // Two bars 1 × 1 × 5 that cross at right angles share a unit cube.
        let cross = union(&[cuboid([0.0, 2.0, 0.0], [5.0, 3.0, 1.0]), cuboid([2.0, 0.0, 0.25], [3.0, 5.0, 1.25])]);
        let shared = 0.75;
        assert!((cross.signed_volume() - (10.0 - shared)).abs() < 1e-9, "{}", cross.signed_volume());
        // Each bar loses the part of its skin inside the other: a 1 × 1 face and two strips of 0.75.
        assert!((cross.area() - (44.0 - 2.0 * (1.0 + 2.0 * 0.75))).abs() < 1e-9, "{}", cross.area());
    }

    #[test]
    fn faces_in_contact_bound_nothing() {
        let stack = union(&[cuboid([0.0; 3], [4.0, 1.0, 1.0]), cuboid([1.0, -1.0, 1.0], [2.0, 3.0, 2.0])]);
        assert!((stack.signed_volume() - 8.0).abs() < 1e-9);
        assert!((stack.area() - (18.0 + 18.0 - 2.0)).abs() < 1e-9, "{}", stack.area());
    }

    #[test]
    fn a_shell_inside_another_vanishes_and_a_cavity_stays() {
        let outer = cuboid([0.0; 3], [4.0; 3]);
        assert!((union(&[outer.clone(), cuboid([1.0; 3], [2.0; 3])]).area() - 96.0).abs() < 1e-9);
        assert!((union(&[outer, flipped(cuboid([1.0; 3], [2.0; 3]))]).area() - 102.0).abs() < 1e-9);
    }

    #[test]
    fn coinciding_faces_count_once() {
        let twice = union(&[cuboid([0.0; 3], [1.0; 3]), cuboid([0.0, 0.0, 0.0], [1.0, 1.0, 2.0])]);
        assert!((twice.signed_volume() - 2.0).abs() < 1e-9, "{}", twice.signed_volume());
        assert!((twice.area() - 10.0).abs() < 1e-9, "{}", twice.area());
    }

    #[test]
    fn knives_that_meet_in_a_point_leave_few_pieces() {
        // Blades that stand on a triangle as the spokes of a wheel, whose rim is a ring of blades.
        let piece = [[-10.0, -7.0, 0.0], [11.0, -6.0, 0.0], [0.5, 12.0, 0.0]].map(V3::from);
        for count in [5, 50, 200] {
            let at = |k: usize, r: f64| {
                let (s, c) = (std::f64::consts::TAU * (k as f64 + 0.3) / count as f64).sin_cos();
                V3::new(r * c, r * s, 0.0)
            };
            let blade = |a: V3, b: V3| [a - V3::z(), b - V3::z(), (a + b) / 2.0 + 5.0 * V3::z()];
            let blades = (0..count).flat_map(|k| [blade(at(k, 0.0), at(k, 3.0)), blade(at(k, 2.0), at(k + 1, 2.0))]);
            let knives: Vec<Knife> = blades.map(|blade| Knife::new(blade, &piece, &V3::z())).collect();
            let pieces = dissect(piece, &V3::z(), knives.iter().collect(), |_| false);
            assert!(pieces.len() < 60 * count, "{} pieces of {count} spokes", pieces.len());
            assert!(pieces.iter().all(|piece| knives.iter().all(|knife| cut(*piece, &knife.triangle).len() == 1)));
            let area: f64 = pieces.iter().map(|piece| area_vector(*piece).z).sum();
            assert!((area / area_vector(piece).z - 1.0).abs() < 1e-9, "{area}");
        }
    }
}
