//! Convex shells: struts, balls and boxes. Whether a point or a triangle lies inside one is told by its half-spaces,
//! many times faster than by a winding number.

use super::shells::{Shell, Shells};
use super::{Mesh, V3, area_vector};

/// A shell with more planes is not looked at: it takes their number times that of the corners.
const MOST: usize = 2000;

/// Relative to the size of a shell: closer than this counts as on its surface.
const FLAT: f64 = 1e-9;

/// Relative to the coordinates: a corner that lies further out than a plane by less is beyond it by the rounding of a file
/// alone. Binary STL keeps 24 bits: two triangles of a flat side are bent by some 1e-7, and the plane of one of the hundred
/// pieces of a long strut is off by as many times that at its far end.
const ROUNDED: f64 = 1e-5;

/// The half-spaces whose intersection a shell bounds.
struct Convex {
    /// Outward normals and how far out each plane lies.
    planes: Vec<(V3, f64)>,
    flat: f64,
}

impl Convex {
    fn new(mesh: &Mesh, shell: &Shell) -> Option<Self> {
        let (low, high) = shell.bounds;
        let flat = FLAT * (high - low).amax();
        let rounded = flat + ROUNDED * low.amax().max(high.amax());
        let mut used: Vec<u32> = shell.triangles.iter().flat_map(|&t| mesh.triangles[t as usize]).collect();
        used.sort_unstable();
        used.dedup();
        // The largest first: their planes are the surest, and stand for those of the small ones that lie in them.
        let mut order: Vec<(f64, u32)> =
            shell.triangles.iter().map(|&t| (area_vector(mesh.corners(t as usize)).norm(), t)).collect();
        order.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut planes: Vec<(V3, f64)> = Vec::new();
        for (_, t) in order {
            let corners = mesh.corners(t as usize);
            let Some(normal) = area_vector(corners).try_normalize(flat * flat) else { continue };
            let known = |(other, offset): &(V3, f64)| {
                normal.dot(other) > 0.0 && corners.iter().all(|c| (other.dot(c) - offset).abs() <= rounded)
            };
            if planes.iter().any(known) {
                continue;
            }
            let offset = normal.dot(&corners[0]);
            if planes.len() == MOST || used.iter().any(|&v| normal.dot(&mesh.vertices[v as usize]) > offset + rounded) {
                return None;
            }
            planes.push((normal, offset));
        }
        Some(Self { planes, flat })
    }

    /// Whether a point lies inside by more than `margin`.
    fn holds(&self, p: &V3, margin: f64) -> bool {
        self.planes.iter().all(|(normal, offset)| normal.dot(p) < offset - margin)
    }
}

/// The convex ones among shells that all face outward.
pub struct ConvexShells {
    /// For each shell the convex ones whose boxes meet its box, and whether all such shells are convex.
    near: Vec<(Vec<u32>, bool)>,
    bounds: Vec<(V3, V3)>,
    convex: Vec<Option<Convex>>,
}

impl ConvexShells {
    /// Looks shells through. Where one is open or bounds a cavity nothing can be told.
    pub fn new(mesh: &Mesh, shells: &Shells) -> Self {
        let shells = &shells.shells;
        let bounds = shells.iter().map(|s| s.bounds).collect();
        if shells.len() < 2 || shells.iter().any(|s| !s.closed || s.volume <= 0.0) {
            return Self { near: vec![(Vec::new(), false); shells.len()], bounds, convex: Vec::new() };
        }
        let convex: Vec<Option<Convex>> = shells.iter().map(|s| Convex::new(mesh, s)).collect();
        let mut near = vec![(Vec::new(), true); shells.len()];
        let mut by_x: Vec<usize> = (0..shells.len()).collect();
        by_x.sort_by(|&a, &b| shells[a].bounds.0.x.total_cmp(&shells[b].bounds.0.x));
        for (rank, &a) in by_x.iter().enumerate() {
            let (low_a, high_a) = shells[a].bounds;
            for &b in &by_x[rank + 1..] {
                let (low_b, high_b) = shells[b].bounds;
                if low_b.x > high_a.x {
                    break;
                }
                if (0..3).any(|k| low_a[k] > high_b[k] || low_b[k] > high_a[k]) {
                    continue;
                }
                for (one, other) in [(a, b), (b, a)] {
                    match convex[other] {
                        Some(_) => near[one].0.push(other as u32),
                        None => near[one].1 = false,
                    }
                }
            }
        }
        Self { near, bounds, convex }
    }

    fn candidates(&self, own: usize, p: &V3) -> impl Iterator<Item = &Convex> {
        self.near[own].0.iter().filter_map(move |&s| {
            let (low, high) = self.bounds[s as usize];
            let inside = (0..3).all(|k| low[k] <= p[k] && p[k] <= high[k]);
            self.convex[s as usize].as_ref().filter(|_| inside)
        })
    }

    /// Whether a triangle of the shell `own` lies wholly inside another, clear of its surface.
    pub fn hides(&self, own: usize, piece: &[V3; 3]) -> bool {
        self.candidates(own, &piece[0]).any(|c| piece.iter().all(|p| c.holds(p, c.flat)))
    }

    /// Whether a point just outside the shell `own` lies inside another; `None` where half-spaces do not tell.
    pub fn covers(&self, own: usize, p: &V3) -> Option<bool> {
        if self.candidates(own, p).any(|c| c.holds(p, 0.0)) {
            return Some(true);
        }
        // The point is outside its own shell only when that is convex; of others all have to be.
        let told = self.near[own].1 && self.convex.get(own).is_some_and(Option::is_some);
        told.then_some(false)
    }
}

#[cfg(test)]
mod tests {
    use super::super::topology::Topology;
    use super::super::winding::Winding;
    use super::*;
    use crate::mesh::shapes::{cuboid, flipped, join, sphere};
    use crate::parallel::Exec;

    fn look(parts: &[Mesh]) -> (Mesh, Shells, ConvexShells) {
        let mut mesh = join(parts);
        let topology = Topology::new(&mesh, &Exec::silent(1).unwrap());
        let shells = Shells::orient(&mut mesh, &topology);
        let convex = ConvexShells::new(&mesh, &shells);
        (mesh, shells, convex)
    }

    /// A slanted bar of some pieces end to end, rounded as a binary STL rounds.
    fn rounded_bar(at: f64, pieces: u32) -> Mesh {
        let (sin, cos) = 0.7f64.sin_cos();
        let turn = |v: V3| V3::new(cos * v.x - sin * v.z + at, v.y + 0.1 * v.x + at, sin * v.x + cos * v.z + at);
        let mut bar = Mesh::default();
        for ring in 0..=pieces {
            let z = 0.8 * (f64::from(ring) - f64::from(pieces) / 2.0);
            let corners = [[0.0, 0.0], [0.2, 0.0], [0.2, 0.2], [0.0, 0.2]].map(|[x, y]| turn(V3::new(x, y, z)));
            bar.vertices.extend(corners.map(|v| v.map(|c| f64::from(c as f32))));
        }
        for ring in 0..pieces {
            for k in 0..4 {
                let [p, q] = [4 * ring + k, 4 * ring + (k + 1) % 4];
                bar.triangles.extend([[p, q, q + 4], [p, q + 4, p + 4]]);
            }
        }
        let last = 4 * pieces;
        bar.triangles.extend([[0, 2, 1], [0, 3, 2], [last, last + 1, last + 2], [last, last + 2, last + 3]]);
        bar
    }

    #[test]
    fn struts_that_were_rounded_to_24_bits_are_convex() {
        for pieces in [1, 60] {
            let bars = [1.1, 1.2, 7.7].map(|at| rounded_bar(at, pieces));
            let (mesh, shells, convex) = look(&bars);
            assert_eq!(shells.shells.len(), 3);
            let winding = Winding::new(&mesh);
            for t in 0..mesh.triangles.len() {
                let own = shells.of_triangle[t] as usize;
                let corners = mesh.corners(t);
                let front = (corners[0] + corners[1] + corners[2]) / 3.0 + area_vector(corners).normalize() * 1e-3;
                assert_eq!(convex.covers(own, &front), Some(winding.at(&front) >= 0.5), "{pieces}");
            }
            let planes: Vec<usize> = convex.convex.iter().flatten().map(|c| c.planes.len()).collect();
            assert!(planes.iter().all(|n| *n <= 24), "{planes:?}");
        }
    }

    #[test]
    fn half_spaces_say_what_winding_numbers_say() {
        let (mesh, shells, convex) =
            look(&[cuboid([0.0; 3], [4.0, 1.0, 1.0]), sphere([4.0, 0.5, 0.5], 1.5, 6), sphere([0.0; 3], 0.7, 5)]);
        let winding = Winding::new(&mesh);
        let mut told = [0; 2];
        for t in 0..mesh.triangles.len() {
            let own = shells.of_triangle[t] as usize;
            let corners = mesh.corners(t);
            let front = (corners[0] + corners[1] + corners[2]) / 3.0 + area_vector(corners).normalize() * 1e-6;
            let covered = convex.covers(own, &front).unwrap();
            assert_eq!(covered, winding.at(&front) >= 0.5);
            assert!(covered || !convex.hides(own, &corners));
            told[usize::from(covered)] += 1;
        }
        assert!(told[0] > 20 && told[1] > 10, "{told:?}");
    }

    #[test]
    fn nothing_is_told_beside_cavities_and_bent_shells() {
        let (_, _, cavity) = look(&[cuboid([0.0; 3], [4.0; 3]), flipped(cuboid([1.0; 3], [2.0; 3]))]);
        assert_eq!(cavity.covers(0, &V3::new(9.0, 9.0, 9.0)), None);
        // An L that meets a box: half-spaces cannot say that a point is outside.
        let mut bent = cuboid([0.0; 3], [4.0, 4.0, 1.0]);
        bent.vertices[7] = V3::new(1.0, 1.0, 1.0);
        let (_, _, convex) = look(&[bent, cuboid([3.0, 0.0, 0.0], [6.0, 1.0, 1.0])]);
        assert_eq!(convex.covers(1, &V3::new(9.0, 9.0, 9.0)), None);
        assert_eq!(convex.covers(0, &V3::new(5.0, 0.5, 0.5)), Some(true));
    }
}
