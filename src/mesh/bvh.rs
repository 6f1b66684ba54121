//! A bounding volume hierarchy over triangles: a binary tree of boxes, split at the median of the longest side.
//!
//! Built in O(n log n); the order of its leaves depends on the triangles alone.

use super::{Mesh, V3};

/// Triangles in a leaf at most.
const LEAF: usize = 4;

/// A node: a box, and either two children or a range of triangles.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub low: V3,
    pub high: V3,
    /// First triangle in `order`.
    pub start: u32,
    /// One past the last triangle in `order`.
    pub end: u32,
    /// Index of the second child; the first follows its parent. 0 for a leaf.
    pub second: u32,
}

/// The hierarchy of one mesh.
#[derive(Clone, Debug)]
pub struct Bvh {
    pub(super) nodes: Vec<Node>,
    pub(super) order: Vec<u32>,
}

impl Bvh {
    /// Builds the hierarchy.
    #[must_use]
    pub fn new(mesh: &Mesh) -> Self {
        let mut items: Vec<(V3, u32)> = (0..mesh.triangles.len())
            .map(|t| {
                let [a, b, c] = mesh.corners(t);
                ((a + b + c) / 3.0, t as u32)
            })
            .collect();
        let mut bvh = Self { nodes: Vec::new(), order: Vec::new() };
        if !items.is_empty() {
            bvh.split(mesh, &mut items, 0);
        }
        bvh.order = items.into_iter().map(|(_, t)| t).collect();
        bvh
    }

    fn split(&mut self, mesh: &Mesh, items: &mut [(V3, u32)], start: usize) {
        let first = mesh.corners(items[0].1 as usize)[0];
        let (mut low, mut high) = (first, first);
        for &(_, t) in items.iter() {
            for v in mesh.corners(t as usize) {
                low = low.inf(&v);
                high = high.sup(&v);
            }
        }
        let node = self.nodes.len();
        let end = (start + items.len()) as u32;
        self.nodes.push(Node { low, high, start: start as u32, end, second: 0 });
        if items.len() <= LEAF {
            return;
        }
        let axis = (high - low).imax();
        let middle = items.len() / 2;
        items.select_nth_unstable_by(middle, |a, b| a.0[axis].total_cmp(&b.0[axis]).then(a.1.cmp(&b.1)));
        let (left, right) = items.split_at_mut(middle);
        self.split(mesh, left, start);
        self.nodes[node].second = self.nodes.len() as u32;
        self.split(mesh, right, start + middle);
    }

    /// Calls `f` with every triangle whose leaf box meets the box from `low` to `high`, faces included.
    pub fn overlapping(&self, low: &V3, high: &V3, mut f: impl FnMut(u32)) {
        let mut stack = vec![0u32];
        while let Some(n) = stack.pop() {
            let Some(node) = self.nodes.get(n as usize) else { continue };
            if (0..3).any(|a| node.low[a] > high[a] || node.high[a] < low[a]) {
                continue;
            }
            if node.second == 0 {
                self.order[node.start as usize..node.end as usize].iter().for_each(|&t| f(t));
            } else {
                stack.push(node.second);
                stack.push(n + 1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::shapes;

    #[test]
    fn a_query_finds_what_a_scan_finds() {
        let mesh = shapes::sphere([0.0; 3], 10.0, 12);
        let bvh = Bvh::new(&mesh);
        let (low, high) = (V3::new(1.0, -2.0, 5.0), V3::new(4.0, 3.0, 20.0));
        let mut found = Vec::new();
        bvh.overlapping(&low, &high, |t| found.push(t));
        for t in 0..mesh.triangles.len() {
            let c = mesh.corners(t);
            let inside = (0..3).all(|a| {
                c.iter().map(|v| v[a]).fold(f64::MAX, f64::min) <= high[a]
                    && c.iter().map(|v| v[a]).fold(f64::MIN, f64::max) >= low[a]
            });
            assert!(!inside || found.contains(&(t as u32)));
        }
        assert!(found.len() < mesh.triangles.len());
    }
}
