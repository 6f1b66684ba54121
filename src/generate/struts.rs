//! Strut lattices as CAD programs export them: every strut a closed shell of its own that runs into its neighbours.
//!
//! Round struts are prisms of many sides with the same cross-section area as the circle, with a ball of the same radius
//! at every node.

use std::collections::BTreeSet;
use std::f64::consts::PI;

use crate::mesh::{Mesh, V3};

/// How nodes are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topology {
    /// Along the edges of cubes.
    Cubic,
    /// From the corners of cubes to their centres.
    Bcc,
    /// Octet truss: between corners and face centres, and between face centres.
    Octet,
}

/// A lattice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Struts {
    /// How nodes are joined.
    pub topology: Topology,
    /// Edge of a cell, in µm.
    pub cell: f64,
    /// Diameter of the struts, in µm.
    pub strut: f64,
    /// Number of cells along each axis.
    pub cells: usize,
    /// Sides of a strut.
    pub sides: usize,
}

impl Struts {
    /// The mesh: overlapping shells.
    #[must_use]
    pub fn mesh(&self) -> Mesh {
        let mut mesh = Mesh::default();
        let mut nodes = BTreeSet::new();
        for (a, b) in self.edges() {
            let place = |n: [i64; 3]| V3::from(n.map(|c| c as f64 * self.cell / 2.0));
            self.prism(&mut mesh, place(a), place(b));
            nodes.insert(a);
            nodes.insert(b);
        }
        for n in nodes {
            self.ball(&mut mesh, V3::from(n.map(|c| c as f64 * self.cell / 2.0)));
        }
        mesh
    }

    /// Pairs of nodes in half cells.
    fn edges(&self) -> BTreeSet<([i64; 3], [i64; 3])> {
        let n = self.cells as i64;
        let mut edges = BTreeSet::new();
        let mut join = |a: [i64; 3], b: [i64; 3]| {
            let inside = |p: [i64; 3]| p.iter().all(|c| (0..=2 * n).contains(c));
            if inside(a) && inside(b) {
                edges.insert(if a < b { (a, b) } else { (b, a) });
            }
        };
        let add = |a: [i64; 3], d: [i64; 3]| [a[0] + d[0], a[1] + d[1], a[2] + d[2]];
        for x in 0..=n {
            for y in 0..=n {
                for z in 0..=n {
                    let corner = [2 * x, 2 * y, 2 * z];
                    match self.topology {
                        Topology::Cubic => {
                            for d in [[2, 0, 0], [0, 2, 0], [0, 0, 2]] {
                                join(corner, add(corner, d));
                            }
                        }
                        Topology::Bcc => {
                            for i in 0..8 {
                                let d = [0, 1, 2].map(|a| if i >> a & 1 == 1 { 1 } else { -1 });
                                join(corner, add(corner, d));
                            }
                        }
                        Topology::Octet => {
                            for (i, j) in [(0, 1), (0, 2), (1, 2)] {
                                for (s, t) in [(1, 1), (1, -1), (-1, 1), (-1, -1)] {
                                    let mut d = [0; 3];
                                    d[i] = s;
                                    d[j] = t;
                                    join(corner, add(corner, d));
                                }
                            }
                            // The six face centres of the cell form an octahedron.
                            let middle = add(corner, [1, 1, 1]);
                            for (i, j) in [(0, 1), (0, 2), (1, 2)] {
                                for (s, t) in [(1, 1), (1, -1), (-1, 1), (-1, -1)] {
                                    let (mut a, mut b) = (middle, middle);
                                    a[i] += s;
                                    b[j] += t;
                                    join(a, b);
                                }
                            }
                        }
                    }
                }
            }
        }
        edges
    }

    fn radius(&self) -> f64 {
        // A prism of the circle's area.
        let n = self.sides as f64;
        self.strut / 2.0 * (2.0 * PI / (n * (2.0 * PI / n).sin())).sqrt()
    }

    fn prism(&self, mesh: &mut Mesh, a: V3, b: V3) {
        let along = (b - a).normalize();
        let u = along.cross(&V3::ith(along.abs().imin(), 1.0)).normalize();
        let v = along.cross(&u);
        let base = mesh.vertices.len() as u32;
        let n = self.sides as u32;
        for end in [a, b] {
            for k in 0..n {
                let angle = 2.0 * PI * f64::from(k) / f64::from(n);
                mesh.vertices.push(end + (u * angle.cos() + v * angle.sin()) * self.radius());
            }
        }
        mesh.vertices.extend([a, b]);
        for k in 0..n {
            let next = (k + 1) % n;
            let (p, q, r, s) = (base + k, base + next, base + n + k, base + n + next);
            mesh.triangles.extend([[p, q, s], [p, s, r], [base + 2 * n, q, p], [base + 2 * n + 1, r, s]]);
        }
    }

    fn ball(&self, mesh: &mut Mesh, centre: V3) {
        let base = mesh.vertices.len() as u32;
        let rings = (self.sides / 2).max(2) as u32;
        let n = self.sides as u32;
        let r = self.radius();
        mesh.vertices.push(centre + V3::new(0.0, 0.0, r));
        for i in 1..rings {
            let theta = PI * f64::from(i) / f64::from(rings);
            for k in 0..n {
                // Turned by a little, so that no corner lies on a strut's corner.
                let phi = 2.0 * PI * (f64::from(k) + 0.137) / f64::from(n);
                mesh.vertices.push(centre + V3::new(theta.sin() * phi.cos(), theta.sin() * phi.sin(), theta.cos()) * r);
            }
        }
        mesh.vertices.push(centre - V3::new(0.0, 0.0, r));
        let last = mesh.vertices.len() as u32 - 1;
        let at = |i: u32, k: u32| base + 1 + (i - 1) * n + k % n;
        for k in 0..n {
            mesh.triangles.push([base, at(1, k), at(1, k + 1)]);
            mesh.triangles.push([last, at(rings - 1, k + 1), at(rings - 1, k)]);
            for i in 1..rings - 1 {
                mesh.triangles.push([at(i, k), at(i + 1, k), at(i + 1, k + 1)]);
                mesh.triangles.push([at(i, k), at(i + 1, k + 1), at(i, k + 1)]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::solid::SolidMesh;
    use crate::parallel::Exec;

    #[test]
    fn overlapping_struts_are_one_solid_of_about_the_known_volume() {
        let lattice = Struts { topology: Topology::Cubic, cell: 1000.0, strut: 200.0, cells: 1, sides: 16 };
        let solid = SolidMesh::new(lattice.mesh(), &Exec::silent(2).unwrap()).unwrap();
        assert!(solid.closed() && !solid.separate());
        // Twelve struts of r = 100 along the edges with balls at the corners. At a corner the union of three quarter
        // struts is more than the ball alone, so the truth lies between balls and full struts.
        let volume = solid.volume().unwrap();
        let r: f64 = 100.0;
        let tubes = 12.0 * PI * r * r * 1000.0;
        let least = 12.0 * PI * r * r * (1000.0 - 2.0 * r) + 8.0 * 4.0 / 3.0 * PI * r.powi(3);
        assert!(volume > least && volume < tubes + 8.0 * 4.0 / 3.0 * PI * r.powi(3), "{volume} {least} {tubes}");
    }

    #[test]
    fn every_topology_is_closed_and_of_the_right_count() {
        for (topology, edges) in [(Topology::Cubic, 12), (Topology::Bcc, 8), (Topology::Octet, 36)] {
            let lattice = Struts { topology, cell: 1000.0, strut: 100.0, cells: 1, sides: 8 };
            assert_eq!(lattice.edges().len(), edges, "{topology:?}");
        }
    }
}
