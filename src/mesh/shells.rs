//! Shells: the connected surfaces of a mesh, which way they face, and which lies in which.
//!
//! A designer's solid is found from a mesh with faults in three steps: triangles that face against their neighbours are
//! turned; a mesh or a shell that is inside out is turned, unless it bounds a cavity; then a shell that faces outward is
//! a piece of solid, and one that faces inward, inside a piece, is a cavity.

use super::ray::wraps;
use super::topology::{Places, Topology};
use super::winding::Winding;
use super::{Mesh, V3, area_vector};

/// Shells within the box of another one up to which a ray to each takes less than to prepare winding numbers.
const FEW: usize = 64;

/// A connected surface.
#[derive(Clone, Debug)]
pub struct Shell {
    /// Its triangles.
    pub triangles: Vec<u32>,
    /// Whether every edge has as many triangles in one direction as in the other.
    pub closed: bool,
    /// Enclosed volume in µm³: negative for a cavity.
    pub volume: f64,
    /// Lower and upper corner of its box.
    pub bounds: (V3, V3),
    /// The smallest shell that holds it, for closed shells.
    pub parent: Option<usize>,
}

/// The shells of a mesh.
#[derive(Clone, Debug, Default)]
pub struct Shells {
    /// The shells, in the order of their first triangle.
    pub shells: Vec<Shell>,
    /// Shell of each triangle.
    pub of_triangle: Vec<u32>,
    /// Triangles that faced against the rest of their shell, and were turned.
    pub flipped_triangles: Places,
    /// Shells that were inside out, and were turned.
    pub flipped_shells: Places,
    /// Shells that cannot be oriented, like a Möbius strip.
    pub unorientable: Places,
    /// Shells inside another one that faces the same way: a cavity or an overlap, the mesh does not say which.
    pub ambiguous: Places,
}

impl Shells {
    /// Finds the shells and turns what is inside out in `mesh`.
    #[must_use]
    pub fn orient(mesh: &mut Mesh, topology: &Topology) -> Self {
        let mut shells = Self { of_triangle: vec![u32::MAX; mesh.triangles.len()], ..Self::default() };
        shells.flood(mesh, topology);
        shells.find_closed(mesh, topology);
        let everything: f64 = shells.shells.iter().filter(|s| s.closed).map(|s| s.volume).sum();
        if everything < 0.0 {
            let at = mesh.corners(0)[0];
            shells.flipped_shells.add(at);
            (0..shells.shells.len()).for_each(|s| shells.turn(mesh, s));
        }
        let mut inside_out: Vec<usize> =
            (0..shells.shells.len()).filter(|&s| shells.shells[s].closed && shells.shells[s].volume < 0.0).collect();
        let few = inside_out.len() <= FEW && shells.all_closed();
        let winding = (!inside_out.is_empty() && !few).then(|| Winding::new(mesh));
        let all = mesh.triangles.len() as u32;
        inside_out.retain(|&s| {
            outside_point(mesh, &shells.shells[s]).is_some_and(|p| match &winding {
                Some(winding) => winding.at(&p) < -0.5,
                None => wraps(mesh, 0..all, &p) < 0,
            })
        });
        drop(winding);
        for s in inside_out {
            let at = mesh.corners(shells.shells[s].triangles[0] as usize)[0];
            shells.flipped_shells.add(at);
            shells.turn(mesh, s);
        }
        shells.nest(mesh);
        shells
    }

    /// Whether all shells are closed.
    #[must_use]
    pub fn all_closed(&self) -> bool {
        self.shells.iter().all(|s| s.closed)
    }

    fn turn(&mut self, mesh: &mut Mesh, shell: usize) {
        let shell = &mut self.shells[shell];
        for &t in &shell.triangles {
            mesh.triangles[t as usize].swap(1, 2);
        }
        shell.volume = -shell.volume;
    }

    /// Collects the triangles of each shell and makes them face one way.
    fn flood(&mut self, mesh: &mut Mesh, topology: &Topology) {
        let mut flip = vec![false; mesh.triangles.len()];
        for start in 0..mesh.triangles.len() {
            if self.of_triangle[start] != u32::MAX {
                continue;
            }
            let id = self.shells.len() as u32;
            let mut members = vec![start as u32];
            self.of_triangle[start] = id;
            let mut next = 0;
            let mut contradiction = false;
            while let Some(&t) = members.get(next) {
                next += 1;
                for n in topology.neighbours[t as usize].iter().flatten() {
                    let wanted = flip[t as usize] ^ n.flipped;
                    if self.of_triangle[n.triangle as usize] == u32::MAX {
                        self.of_triangle[n.triangle as usize] = id;
                        flip[n.triangle as usize] = wanted;
                        members.push(n.triangle);
                    } else if flip[n.triangle as usize] != wanted {
                        contradiction = true;
                    }
                }
            }
            if contradiction {
                self.unorientable.add(mesh.corners(start)[0]);
                members.iter().for_each(|&t| flip[t as usize] = false);
            }
            let turned = members.iter().filter(|&&t| flip[t as usize]).count();
            let majority = 2 * turned > members.len();
            members.sort_unstable();
            for &t in &members {
                if flip[t as usize] != majority {
                    let [a, b, c] = mesh.corners(t as usize);
                    self.flipped_triangles.add((a + b + c) / 3.0);
                    mesh.triangles[t as usize].swap(1, 2);
                }
            }
            let corner = mesh.corners(start)[0];
            let bounds = members
                .iter()
                .flat_map(|&t| mesh.corners(t as usize))
                .fold((corner, corner), |(low, high), v| (low.inf(&v), high.sup(&v)));
            let middle = (bounds.0 + bounds.1) / 2.0;
            let volume = mesh.signed_volume_of(members.iter().map(|&t| t as usize), middle);
            self.shells.push(Shell { triangles: members, closed: true, volume, bounds, parent: None });
        }
    }

    fn find_closed(&mut self, mesh: &Mesh, topology: &Topology) {
        let turned = |t: u32, k: usize| {
            let corners = mesh.triangles[t as usize];
            corners[k] < corners[(k + 1) % 3]
        };
        for group in &topology.irregular {
            let mut balance: Vec<(u32, i32)> = Vec::new();
            let edge = shared_edge(mesh, group);
            for &(t, _) in group {
                let Some(k) = (0..3).find(|&k| {
                    let c = mesh.triangles[t as usize];
                    (c[k].min(c[(k + 1) % 3]), c[k].max(c[(k + 1) % 3])) == edge
                }) else {
                    continue;
                };
                let shell = self.of_triangle[t as usize];
                let step = if turned(t, k) { 1 } else { -1 };
                match balance.iter_mut().find(|b| b.0 == shell) {
                    Some(b) => b.1 += step,
                    None => balance.push((shell, step)),
                }
            }
            for (shell, sum) in balance {
                if sum != 0 {
                    self.shells[shell as usize].closed = false;
                }
            }
        }
        for (s, shell) in self.shells.iter_mut().enumerate() {
            // A strip that cannot be oriented has no inside either.
            let torn = shell.triangles.iter().any(|&t| {
                (0..3).any(|k| {
                    topology.neighbours[t as usize][k].is_some_and(|n| {
                        let a = mesh.triangles[t as usize];
                        let b = mesh.triangles[n.triangle as usize];
                        (0..3).any(|j| b[j] == a[k] && b[(j + 1) % 3] == a[(k + 1) % 3])
                            && self.of_triangle[n.triangle as usize] == s as u32
                    })
                })
            });
            if torn {
                shell.closed = false;
            }
        }
    }

    /// Finds the smallest shell that holds each one.
    fn nest(&mut self, mesh: &Mesh) {
        let mut by_size: Vec<usize> = (0..self.shells.len()).filter(|&s| self.shells[s].closed).collect();
        by_size.sort_by(|&a, &b| self.shells[a].volume.abs().total_cmp(&self.shells[b].volume.abs()).then(a.cmp(&b)));
        for (rank, &outer) in by_size.iter().enumerate() {
            let (outer_low, outer_high) = self.shells[outer].bounds;
            let boxed: Vec<usize> = by_size[..rank]
                .iter()
                .copied()
                .filter(|&s| self.shells[s].parent.is_none())
                .filter(|&s| {
                    let (low, high) = self.shells[s].bounds;
                    (0..3).all(|a| outer_low[a] <= low[a] && high[a] <= outer_high[a])
                })
                .collect();
            if boxed.is_empty() {
                continue;
            }
            let part = (boxed.len() > FEW).then(|| part_of(mesh, &self.shells[outer]));
            let winding = part.as_ref().map(Winding::new);
            for s in boxed {
                let point = mesh.corners(self.shells[s].triangles[0] as usize)[0];
                let held = match &winding {
                    Some(winding) => winding.at(&point).abs() > 0.5,
                    None => wraps(mesh, self.shells[outer].triangles.iter().copied(), &point) != 0,
                };
                if held {
                    self.shells[s].parent = Some(outer);
                }
            }
        }
    }

    /// Finds the shells inside another one that faces the same way and that none of the `crossings` (pairs of
    /// triangles) joins to anything: those may be meant as cavities.
    pub fn find_ambiguous(&mut self, mesh: &Mesh, crossings: &[(u32, u32)]) {
        let mut joined = vec![false; self.shells.len()];
        for &(a, b) in crossings {
            joined[self.of_triangle[a as usize] as usize] = true;
            joined[self.of_triangle[b as usize] as usize] = true;
        }
        for s in (0..self.shells.len()).filter(|&s| !joined[s]) {
            let shell = &self.shells[s];
            if shell.volume > 0.0 && shell.parent.is_some_and(|p| self.shells[p].volume > 0.0) {
                self.ambiguous.add(mesh.corners(shell.triangles[0] as usize)[0]);
            }
        }
    }
}

/// The vertices of the edge that all triangles of the group share.
fn shared_edge(mesh: &Mesh, group: &[(u32, bool)]) -> (u32, u32) {
    let edges = |t: u32| {
        let c = mesh.triangles[t as usize];
        [0, 1, 2].map(|k| (c[k].min(c[(k + 1) % 3]), c[k].max(c[(k + 1) % 3])))
    };
    let first = edges(group[0].0);
    if group.len() == 1 {
        // Open: the edge without a neighbour. Every open edge of the triangle gives the same answer for its shell.
        return first[0];
    }
    first.into_iter().find(|e| group.iter().all(|&(t, _)| edges(t).contains(e))).unwrap_or(first[0])
}

/// A point just outside the first sizeable triangle of the shell, by its own orientation.
fn outside_point(mesh: &Mesh, shell: &Shell) -> Option<V3> {
    let largest = shell.triangles.iter().copied().max_by(|&a, &b| {
        let area = |t: u32| area_vector(mesh.corners(t as usize)).norm();
        area(a).total_cmp(&area(b)).then(b.cmp(&a))
    })?;
    let corners = mesh.corners(largest as usize);
    let normal = area_vector(corners);
    let area = normal.norm();
    (area > 0.0).then(|| (corners[0] + corners[1] + corners[2]) / 3.0 + normal / area * (1e-3 * area.sqrt()))
}

/// The triangles of a shell as a mesh of their own.
fn part_of(mesh: &Mesh, shell: &Shell) -> Mesh {
    let mut part = Mesh::default();
    for &t in &shell.triangles {
        let base = part.vertices.len() as u32;
        part.vertices.extend(mesh.corners(t as usize));
        part.triangles.push([base, base + 1, base + 2]);
    }
    part
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::shapes::{cuboid, flipped, join};
    use crate::parallel::Exec;

    fn orient(mesh: &mut Mesh) -> Shells {
        let topology = Topology::new(mesh, &Exec::silent(1).unwrap());
        Shells::orient(mesh, &topology)
    }

    #[test]
    fn a_flipped_patch_is_turned_back() {
        let mut mesh = cuboid([0.0; 3], [2.0; 3]);
        mesh.triangles[3].swap(0, 1);
        mesh.triangles[8].swap(0, 1);
        let shells = orient(&mut mesh);
        assert_eq!(shells.flipped_triangles.count, 2);
        assert!(shells.all_closed());
        assert!((mesh.signed_volume() - 8.0).abs() < 1e-12);
    }

    #[test]
    fn a_cavity_stays_and_a_flipped_shell_is_turned() {
        let outer = cuboid([0.0; 3], [4.0; 3]);
        let cavity = flipped(cuboid([1.0; 3], [2.0; 3]));
        let beside = flipped(cuboid([6.0, 0.0, 0.0], [7.0, 1.0, 1.0]));
        let mut mesh = join(&[outer, cavity, beside]);
        let shells = orient(&mut mesh);
        assert_eq!(shells.flipped_shells.count, 1);
        assert!((mesh.signed_volume() - 64.0).abs() < 1e-9, "64 - 1 + 1");
        assert_eq!(shells.shells[1].parent, Some(0));
        assert_eq!(shells.shells[2].parent, None);
        let mut shells = shells;
        shells.find_ambiguous(&mesh, &[]);
        assert_eq!(shells.ambiguous.count, 0);
    }

    #[test]
    fn a_mesh_that_is_inside_out_is_turned_as_a_whole() {
        let mut mesh = flipped(join(&[cuboid([0.0; 3], [4.0; 3]), flipped(cuboid([1.0; 3], [2.0; 3]))]));
        let shells = orient(&mut mesh);
        assert!((mesh.signed_volume() - 63.0).abs() < 1e-9);
        assert_eq!(shells.flipped_shells.count, 1);
    }

    #[test]
    fn a_nested_shell_that_faces_the_same_way_is_ambiguous() {
        let mut mesh = join(&[cuboid([0.0; 3], [4.0; 3]), cuboid([1.0; 3], [2.0; 3])]);
        let mut shells = orient(&mut mesh);
        shells.find_ambiguous(&mesh, &[]);
        assert_eq!(shells.ambiguous.count, 1);
    }

    #[test]
    fn an_open_shell_is_not_closed_and_boxes_that_touch_at_an_edge_are() {
        let mut open = cuboid([0.0; 3], [1.0; 3]);
        open.triangles.pop();
        assert!(!orient(&mut open).all_closed());
        let soup: Vec<[V3; 3]> = {
            let both = join(&[cuboid([0.0; 3], [1.0; 3]), cuboid([1.0, 1.0, 0.0], [2.0, 2.0, 1.0])]);
            (0..24).map(|t| both.corners(t)).collect()
        };
        let mut touching = Mesh::weld(&soup).unwrap();
        let shells = orient(&mut touching);
        assert_eq!(shells.shells.len(), 2);
        assert!(shells.all_closed());
    }
}
