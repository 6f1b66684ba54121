//! Edges: which triangles meet where, and which edges break the surface.
//!
//! In a sound surface two triangles meet at every edge and run along it in opposite directions. One triangle alone
//! leaves an open edge; more than two make it non-manifold; two in the same direction mean that one is flipped.
//! O(n log n) by sorting the edges.

use super::{Mesh, V3, area_vector};
use crate::parallel::Exec;

/// Faults of one kind: how many, and where the first of them are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Places {
    /// How many there are.
    pub count: usize,
    /// The first few, in µm.
    pub first: Vec<V3>,
}

impl Places {
    /// Places kept of each kind of fault.
    const KEPT: usize = 5;

    /// Counts one more.
    pub fn add(&mut self, at: V3) {
        self.count += 1;
        if self.first.len() < Self::KEPT {
            self.first.push(at);
        }
    }
}

/// The neighbour across an edge that exactly two triangles share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// The other triangle.
    pub triangle: u32,
    /// Whether both run along the edge in the same direction, so that one of them is flipped.
    pub flipped: bool,
}

/// What the edges say about a mesh.
#[derive(Clone, Debug, Default)]
pub struct Topology {
    /// Three neighbours a triangle, across the edges 0–1, 1–2 and 2–0.
    pub neighbours: Vec<[Option<Neighbour>; 3]>,
    /// Edges of one triangle alone.
    pub open_edges: Places,
    /// Edges of more than two triangles.
    pub non_manifold_edges: Places,
    /// Triangles without area.
    pub degenerate: Places,
    /// Triangles that stand in the mesh a second time.
    pub duplicates: Places,
    /// The triangles round each open or non-manifold edge: `(triangle, runs from the lower to the higher vertex)`.
    pub irregular: Vec<Vec<(u32, bool)>>,
}

impl Topology {
    /// Looks at every edge of the mesh.
    #[must_use]
    pub fn new(mesh: &Mesh, exec: &Exec) -> Self {
        let mut topology = Self { neighbours: vec![[None; 3]; mesh.triangles.len()], ..Self::default() };
        let mut edges: Vec<(u64, u32)> = Vec::with_capacity(3 * mesh.triangles.len());
        for (t, corners) in mesh.triangles.iter().enumerate() {
            for k in 0..3 {
                let (a, b) = (corners[k], corners[(k + 1) % 3]);
                edges.push((u64::from(a.min(b)) << 32 | u64::from(a.max(b)), 3 * t as u32 + k as u32));
            }
            let [a, b, c] = mesh.corners(t);
            let longest = (b - a).norm().max((c - b).norm()).max((a - c).norm());
            if area_vector([a, b, c]).norm() <= 1e-12 * longest * longest {
                topology.degenerate.add((a + b + c) / 3.0);
            }
        }
        exec.sort(&mut edges);
        let forward = |slot: u32| {
            let t = mesh.triangles[slot as usize / 3];
            let k = slot as usize % 3;
            t[k] < t[(k + 1) % 3]
        };
        for group in edges.chunk_by(|a, b| a.0 == b.0) {
            let middle = || {
                let (a, b) = (group[0].0 >> 32, group[0].0 & 0xffff_ffff);
                (mesh.vertices[a as usize] + mesh.vertices[b as usize]) / 2.0
            };
            match *group {
                [(_, a), (_, b)] => {
                    let flipped = forward(a) == forward(b);
                    let mut link = |from: u32, to: u32| {
                        topology.neighbours[from as usize / 3][from as usize % 3] =
                            Some(Neighbour { triangle: to / 3, flipped });
                    };
                    link(a, b);
                    link(b, a);
                }
                [_] => topology.open_edges.add(middle()),
                _ => topology.non_manifold_edges.add(middle()),
            }
            if group.len() != 2 {
                topology.irregular.push(group.iter().map(|&(_, s)| (s / 3, forward(s))).collect());
            }
        }
        topology.find_duplicates(mesh, exec);
        topology
    }

    fn find_duplicates(&mut self, mesh: &Mesh, exec: &Exec) {
        let mut keys: Vec<([u32; 3], u32)> = mesh
            .triangles
            .iter()
            .enumerate()
            .map(|(t, &corners)| {
                let mut sorted = corners;
                sorted.sort_unstable();
                (sorted, t as u32)
            })
            .collect();
        exec.sort(&mut keys);
        for pair in keys.windows(2) {
            if pair[0].0 == pair[1].0 {
                let [a, b, c] = mesh.corners(pair[1].1 as usize);
                self.duplicates.add((a + b + c) / 3.0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::shapes;

    fn topology(mesh: &Mesh) -> Topology {
        Topology::new(mesh, &Exec::silent(1).unwrap())
    }

    #[test]
    fn a_sound_box_has_no_faults() {
        let t = topology(&shapes::cuboid([0.0; 3], [1.0; 3]));
        assert_eq!((t.open_edges.count, t.non_manifold_edges.count, t.duplicates.count), (0, 0, 0));
        assert!(t.neighbours.iter().flatten().all(|n| n.is_some_and(|n| !n.flipped)));
    }

    #[test]
    fn each_fault_is_found_and_placed() {
        let mut mesh = shapes::cuboid([0.0; 3], [1.0; 3]);
        let gone = mesh.triangles.pop().unwrap();
        let t = topology(&mesh);
        assert_eq!(t.open_edges.count, 3);
        assert!(t.open_edges.first.iter().all(|p| (p.z - 0.5).abs() <= 0.5 && p.x >= 0.5), "{:?}", t.open_edges);
        mesh.triangles.push([gone[0], gone[2], gone[1]]);
        assert_eq!(topology(&mesh).neighbours[11].map(|n| n.unwrap().flipped), [true; 3]);
        mesh.triangles.push([gone[0], gone[2], gone[1]]);
        let t = topology(&mesh);
        assert_eq!((t.duplicates.count, t.non_manifold_edges.count), (1, 3));
        mesh.vertices.push(mesh.vertices[0] * 0.5 + mesh.vertices[1] * 0.5);
        mesh.triangles.push([0, 8, 1]);
        assert_eq!(topology(&mesh).degenerate.count, 1);
    }
}
