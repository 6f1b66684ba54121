//! Generalised winding number: how many times a surface wraps round a point, for surfaces with holes too.
//!
//! It is the sum of the solid angles of the triangles over 4π: 1 inside a closed surface, 0 outside, 2 where two shells
//! overlap, and in between near a hole. Far triangles are taken together as one dipole (Barill et al. 2018,
//! doi:10.1145/3197517.3201337), near ones exactly (Van Oosterom & Strackee 1983, doi:10.1109/TBME.1983.325207).
//!
//! O(n) to build, about O(log n) a point. The error with a distance of 2.3 radii is below 0.01 on closed meshes, while a decision
//! needs 0.5.

use super::{Bvh, Mesh, V3, area_vector};

/// A group counts as one dipole from this many of its radii on.
const FAR: f64 = 2.3;

/// A mesh prepared for winding numbers.
#[derive(Clone, Debug)]
pub struct Winding<'a> {
    mesh: &'a Mesh,
    bvh: Bvh,
    dipoles: Vec<Dipole>,
}

/// The triangles of a node, seen from afar.
#[derive(Clone, Copy, Debug)]
struct Dipole {
    centre: V3,
    moment: V3,
    radius: f64,
}

impl<'a> Winding<'a> {
    /// Prepares a mesh.
    #[must_use]
    pub fn new(mesh: &'a Mesh) -> Self {
        let bvh = Bvh::new(mesh);
        let mut sums = vec![(V3::zeros(), V3::zeros(), 0.0); bvh.nodes.len()];
        for n in (0..bvh.nodes.len()).rev() {
            let node = bvh.nodes[n];
            sums[n] = if node.second == 0 {
                let mut sum = (V3::zeros(), V3::zeros(), 0.0);
                for &t in &bvh.order[node.start as usize..node.end as usize] {
                    let corners = mesh.corners(t as usize);
                    let normal = area_vector(corners);
                    let area = normal.norm();
                    sum.0 += area * (corners[0] + corners[1] + corners[2]) / 3.0;
                    sum.1 += normal;
                    sum.2 += area;
                }
                sum
            } else {
                let (a, b): ((V3, V3, f64), (V3, V3, f64)) = (sums[n + 1], sums[node.second as usize]);
                (a.0 + b.0, a.1 + b.1, a.2 + b.2)
            };
        }
        let dipoles = sums
            .iter()
            .zip(&bvh.nodes)
            .map(|(&(weighted, moment, area), node)| {
                let middle = (node.low + node.high) / 2.0;
                let centre = if area > 0.0 { weighted / area } else { middle };
                let radius = (node.high - middle).norm() + (centre - middle).norm();
                Dipole { centre, moment, radius }
            })
            .collect();
        Self { mesh, bvh, dipoles }
    }

    /// The winding number at a point.
    #[must_use]
    pub fn at(&self, p: &V3) -> f64 {
        let mut angle = 0.0;
        let mut stack = vec![0u32];
        while let Some(n) = stack.pop() {
            let Some(node) = self.bvh.nodes.get(n as usize) else { continue };
            let dipole = self.dipoles[n as usize];
            let r = dipole.centre - p;
            let distance = r.norm();
            if distance > FAR * dipole.radius {
                angle += dipole.moment.dot(&r) / distance.powi(3);
            } else if node.second == 0 {
                for &t in &self.bvh.order[node.start as usize..node.end as usize] {
                    angle += solid_angle(&self.mesh.corners(t as usize), p);
                }
            } else {
                stack.push(node.second);
                stack.push(n + 1);
            }
        }
        angle / (4.0 * std::f64::consts::PI)
    }
}

/// Solid angle under which the triangle is seen from `p`, positive from behind.
fn solid_angle(corners: &[V3; 3], p: &V3) -> f64 {
    let [a, b, c] = corners.map(|v| v - p);
    let (la, lb, lc) = (a.norm(), b.norm(), c.norm());
    let numerator = a.dot(&b.cross(&c));
    let denominator = la * lb * lc + a.dot(&b) * lc + b.dot(&c) * la + c.dot(&a) * lb;
    2.0 * numerator.atan2(denominator)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::shapes;

    #[test]
    fn closed_meshes_wind_by_whole_numbers() {
        let mesh =
            shapes::join(&[shapes::sphere([0.0; 3], 10.0, 16), shapes::cuboid([5.0, -3.0, -3.0], [20.0, 3.0, 3.0])]);
        let winding = Winding::new(&mesh);
        for (p, expected) in [
            ([0.0, 0.0, 0.0], 1.0),
            ([7.0, 1.0, 1.0], 2.0),
            ([15.0, 1.0, 1.0], 1.0),
            ([25.0, 0.0, 0.0], 0.0),
            ([0.0, 9.5, 9.5], 0.0),
        ] {
            let w = winding.at(&V3::from(p));
            assert!((w - expected).abs() < 0.02, "{p:?}: {w}");
        }
    }

    #[test]
    fn a_small_hole_does_not_turn_the_inside_out() {
        let mut mesh = shapes::sphere([0.0; 3], 10.0, 24);
        mesh.triangles.drain(100..112);
        let winding = Winding::new(&mesh);
        for z in [-9.0, -4.0, 0.0, 4.0, 9.0] {
            assert!(winding.at(&V3::new(0.0, 0.5, z)) > 0.9);
            assert!(winding.at(&V3::new(0.0, 12.0, z)) < 0.1);
        }
    }
}
