//! Connected components of a set of voxels, by runs and union–find.
//!
//! A run is a stretch of voxels of the set along x. Runs of neighbouring rows that touch are joined (union–find with
//! path halving, the lower number leading), then numbered in the order of their first voxel. There is no label per
//! voxel: the runs are the labels. Slabs of planes are joined within themselves in parallel, then with one another.
//! O(runs), after He, Chao & Suzuki 2008 (doi:10.1109/TIP.2008.919369).
//!
//! On a periodic grid every run also knows in which copy of the grid it lies, seen from the first run of its component.
//! A component that reaches itself in another copy winds round the axes in which the copies differ (union–find with
//! offsets; Newman & Ziff 2001, doi:10.1103/PhysRevE.64.016706).

use crate::grid::{Border, Connectivity, Mask};
use crate::parallel::Exec;

/// Planes of voxels joined within themselves at a time.
const SLAB: usize = 16;

/// The first of three marks: that a component winds round x, y, z.
const WINDS: u32 = 29;

/// The mark of a component that winds round an axis.
#[must_use]
pub const fn winds(axis: usize) -> u32 {
    1 << (WINDS + axis as u32)
}

/// One component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// Number of voxels.
    pub voxels: u64,
    /// Its first voxel.
    pub first: [usize; 3],
    /// Bit k is set when it has a voxel in the k-th of the sets asked about; see also [`winds`].
    pub touches: u32,
}

/// The components of a set of voxels.
#[derive(Clone, Debug)]
pub struct Labels {
    size: [usize; 3],
    runs: Vec<Run>,
    row_start: Vec<usize>,
    /// Component of each run.
    label: Vec<u32>,
    /// The components, in the order of their first voxel.
    pub components: Vec<Component>,
}

impl Labels {
    /// Finds the components of `mask`, and which of them reach each of the sets `sides` (at most 29).
    #[must_use]
    pub fn new(mask: &Mask, connectivity: Connectivity, border: Border, sides: &[&Mask], exec: &Exec) -> Self {
        let Pieces { size, runs, row_start, mut forest } = Pieces::new(mask, connectivity, border, sides, exec);
        let mut components: Vec<Component> = Vec::new();
        let mut label = vec![u32::MAX; runs.len()];
        for row in 0..size[1] * size[2] {
            for r in row_start[row]..row_start[row + 1] {
                // The lowest number leads, so a root comes before all that hangs on it.
                let root = forest.find(r as u32) as usize;
                if root == r {
                    label[r] = components.len() as u32;
                    let first = [runs[r].from as usize, row % size[1], row / size[1]];
                    components.push(Component { voxels: 0, first, touches: forest.marks[r] });
                } else {
                    label[r] = label[root];
                }
                components[label[r] as usize].voxels += u64::from(runs[r].to - runs[r].from);
            }
        }
        Self { size, runs, row_start, label, components }
    }

    /// Calls `f(component, y, z, from, to)` for every run of voxels along x, `to` exclusive, row after row.
    pub fn runs(&self, mut f: impl FnMut(usize, usize, usize, usize, usize)) {
        for row in 0..self.size[1] * self.size[2] {
            for r in self.row_start[row]..self.row_start[row + 1] {
                let run = self.runs[r];
                f(self.label[r] as usize, row % self.size[1], row / self.size[1], run.from as usize, run.to as usize);
            }
        }
    }

    /// The voxels of the components that `keep` chooses.
    #[must_use]
    pub fn select(&self, keep: impl Fn(&Component) -> bool) -> Mask {
        let kept: Vec<bool> = self.components.iter().map(keep).collect();
        let mut mask = Mask::empty(self.size);
        for row in 0..self.size[1] * self.size[2] {
            for r in self.row_start[row]..self.row_start[row + 1] {
                if kept[self.label[r] as usize] {
                    let run = self.runs[r];
                    mask.insert_run(row % self.size[1], row / self.size[1], run.from as usize, run.to as usize);
                }
            }
        }
        mask
    }
}

/// A stretch of voxels along x.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// First voxel.
    pub(super) from: u32,
    /// One past the last voxel.
    pub(super) to: u32,
}

/// The runs of a set of voxels, joined to pieces.
pub(super) struct Pieces {
    size: [usize; 3],
    pub(super) runs: Vec<Run>,
    row_start: Vec<usize>,
    /// A node for each run; more may be added.
    pub(super) forest: Forest,
}

impl Pieces {
    /// Joins the runs of `mask`; bit k of a piece's mark says that it has a voxel in the k-th of the `sides`.
    pub(super) fn new(mask: &Mask, connectivity: Connectivity, border: Border, sides: &[&Mask], exec: &Exec) -> Self {
        let size = mask.size();
        let [nx, ny, nz] = size;
        let periodic = border == Border::Periodic;
        let slabs = exec.map(nz.div_ceil(SLAB), |slab| {
            let mut runs: Vec<Run> = Vec::new();
            let mut row_start = vec![0];
            let mut marks = Vec::new();
            let planes = slab * SLAB..((slab + 1) * SLAB).min(nz);
            for z in planes.clone() {
                for y in 0..ny {
                    mask.runs(y, z, |from, to| {
                        runs.push(Run { from: from as u32, to: to as u32 });
                        let touches = sides.iter().enumerate().filter(|(_, side)| side.any(y, z, from, to));
                        marks.push(touches.fold(0, |marks, (k, _)| marks | 1 << k));
                    });
                    row_start.push(runs.len());
                }
            }
            let forest = Forest::new(marks, periodic);
            let mut part = Self { size: [nx, ny, planes.len()], runs, row_start, forest };
            for z in 0..planes.len() {
                for y in 0..ny {
                    part.join_row(y, z, z.checked_sub(1).map(|below| (below, 0)), connectivity, periodic);
                }
            }
            Some(part)
        });
        let mut all = Self { size, runs: Vec::new(), row_start: vec![0], forest: Forest::new(Vec::new(), periodic) };
        for part in slabs.into_iter().flatten() {
            let base = all.runs.len();
            all.runs.extend(part.runs);
            all.row_start.extend(part.row_start[1..].iter().map(|s| s + base));
            all.forest.append(part.forest);
        }
        for z in (SLAB..nz).step_by(SLAB) {
            for y in 0..ny {
                all.join_below(y, z, z - 1, 0, connectivity, periodic);
            }
        }
        if periodic {
            for y in 0..ny {
                all.join_below(y, 0, nz - 1, -1, connectivity, periodic);
            }
        }
        all
    }

    /// The runs of a row.
    pub(super) fn row(&self, y: usize, z: usize) -> std::ops::Range<usize> {
        let row = y + self.size[1] * z;
        self.row_start[row]..self.row_start[row + 1]
    }

    /// Joins a row with its neighbours of its own plane, with its own other end, and with the plane below if there is
    /// one.
    fn join_row(
        &mut self,
        y: usize,
        z: usize,
        below: Option<(usize, i16)>,
        connectivity: Connectivity,
        periodic: bool,
    ) {
        let here = self.row(y, z);
        if here.is_empty() {
            return;
        }
        let [nx, ny, _] = self.size;
        if y > 0 {
            self.join(here.clone(), self.row(y - 1, z), [0, 0, 0], connectivity, periodic);
        } else if periodic {
            self.join(here.clone(), self.row(ny - 1, z), [0, -1, 0], connectivity, periodic);
        }
        if periodic && self.runs[here.start].from == 0 && self.runs[here.end - 1].to as usize == nx {
            self.forest.unite(here.start as u32, here.end as u32 - 1, [-1, 0, 0]);
        }
        if let Some((below, copy)) = below {
            self.join_below(y, z, below, copy, connectivity, periodic);
        }
    }

    /// Joins a row with those of another plane, which lies in copy `copy` of the grid along z.
    fn join_below(&mut self, y: usize, z: usize, below: usize, copy: i16, connectivity: Connectivity, periodic: bool) {
        let here = self.row(y, z);
        if here.is_empty() {
            return;
        }
        let ny = self.size[1] as isize;
        let steps: &[isize] = if connectivity == Connectivity::TwentySix { &[-1, 0, 1] } else { &[0] };
        for step in steps {
            let other = y as isize + step;
            let (other, wrapped) = match other {
                -1 if periodic => (ny - 1, -1),
                n if n == ny && periodic => (0, 1),
                n if (0..ny).contains(&n) => (n, 0),
                _ => continue,
            };
            self.join(here.clone(), self.row(other as usize, below), [0, wrapped, copy], connectivity, periodic);
        }
    }

    /// Joins the runs of two rows that touch; the second row lies in another copy of the grid by `copy`.
    fn join(
        &mut self,
        a: std::ops::Range<usize>,
        b: std::ops::Range<usize>,
        copy: [i16; 3],
        connectivity: Connectivity,
        periodic: bool,
    ) {
        if b.is_empty() {
            return;
        }
        let slack = u32::from(connectivity == Connectivity::TwentySix);
        let (mut i, mut j) = (a.start, b.start);
        while i < a.end && j < b.end {
            let (p, q) = (self.runs[i], self.runs[j]);
            if p.from < q.to + slack && q.from < p.to + slack {
                self.forest.unite(i as u32, j as u32, copy);
            }
            if p.to < q.to { i += 1 } else { j += 1 }
        }
        if periodic && slack == 1 {
            // Diagonally round the ends.
            let nx = self.size[0] as u32;
            if self.runs[a.start].from == 0 && self.runs[b.end - 1].to == nx {
                self.forest.unite(a.start as u32, b.end as u32 - 1, [copy[0] - 1, copy[1], copy[2]]);
            }
            if self.runs[b.start].from == 0 && self.runs[a.end - 1].to == nx {
                self.forest.unite(a.end as u32 - 1, b.start as u32, [copy[0] + 1, copy[1], copy[2]]);
            }
        }
    }

    /// The run that holds a voxel.
    pub(super) fn run_of(&self, [x, y, z]: [usize; 3]) -> Option<u32> {
        let row = self.row(y, z);
        let k = self.runs[row.clone()].partition_point(|run| run.to as usize <= x);
        let run = self.runs[row.clone()].get(k)?;
        (run.from as usize <= x).then_some((row.start + k) as u32)
    }
}

/// Union–find whose lower number leads, with marks of whole trees, and with the copy of the grid of each node relative to
/// its parent where the grid is periodic.
pub(super) struct Forest {
    parent: Vec<u32>,
    copy: Vec<[i16; 3]>,
    periodic: bool,
    /// Marks of the tree, at its root.
    pub(super) marks: Vec<u32>,
}

impl Forest {
    fn new(marks: Vec<u32>, periodic: bool) -> Self {
        let n = marks.len();
        Self {
            parent: (0..n as u32).collect(),
            copy: if periodic { vec![[0; 3]; n] } else { Vec::new() },
            periodic,
            marks,
        }
    }

    fn append(&mut self, other: Self) {
        let base = self.parent.len() as u32;
        self.parent.extend(other.parent.iter().map(|p| p + base));
        self.copy.extend(other.copy);
        self.marks.extend(other.marks);
    }

    /// Adds a node with its marks, and returns its number.
    pub(super) fn add(&mut self, marks: u32) -> u32 {
        let n = self.parent.len() as u32;
        self.parent.push(n);
        if self.periodic {
            self.copy.push([0; 3]);
        }
        self.marks.push(marks);
        n
    }

    /// The root of a node.
    pub(super) fn find(&mut self, mut i: u32) -> u32 {
        loop {
            let p = self.parent[i as usize];
            let above = self.parent[p as usize];
            if above == p {
                return p;
            }
            self.parent[i as usize] = above;
            if self.periodic {
                self.copy[i as usize] = sum(self.copy[i as usize], self.copy[p as usize]);
            }
            i = above;
        }
    }

    /// The copy of the grid of a node relative to its root.
    fn copy_of(&self, mut i: u32) -> [i16; 3] {
        let mut copy = [0; 3];
        while self.parent[i as usize] != i {
            copy = sum(copy, self.copy[i as usize]);
            i = self.parent[i as usize];
        }
        copy
    }

    /// Joins two nodes; seen from the copy of the grid of `a`, `b` lies in copy `step`. The marks of the joint tree.
    pub(super) fn unite(&mut self, a: u32, b: u32, step: [i16; 3]) -> u32 {
        let (ra, rb) = (self.find(a), self.find(b));
        if !self.periodic {
            if ra != rb {
                let (low, high) = (ra.min(rb), ra.max(rb));
                self.parent[high as usize] = low;
                self.marks[low as usize] |= self.marks[high as usize];
            }
            return self.marks[ra.min(rb) as usize];
        }
        // Copy of b's root as seen from a's.
        let apart = difference(sum(self.copy_of(a), step), self.copy_of(b));
        if ra == rb {
            for (axis, _) in apart.iter().enumerate().filter(|(_, n)| **n != 0) {
                self.marks[ra as usize] |= winds(axis);
            }
            return self.marks[ra as usize];
        }
        let (low, high, copy) = if ra < rb { (ra, rb, apart) } else { (rb, ra, difference([0; 3], apart)) };
        self.parent[high as usize] = low;
        self.copy[high as usize] = copy;
        self.marks[low as usize] |= self.marks[high as usize];
        self.marks[low as usize]
    }
}

fn sum(a: [i16; 3], b: [i16; 3]) -> [i16; 3] {
    std::array::from_fn(|k| a[k] + b[k])
}

fn difference(a: [i16; 3], b: [i16; 3]) -> [i16; 3] {
    std::array::from_fn(|k| a[k] - b[k])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Components by flood fill: sizes in the order of the first voxel.
    fn flood(mask: &Mask, connectivity: Connectivity, border: Border) -> Vec<u64> {
        let n = mask.size();
        let mut seen = Mask::empty(n);
        let mut sizes = Vec::new();
        for z in 0..n[2] {
            for y in 0..n[1] {
                for x in 0..n[0] {
                    if !mask.get(x, y, z) || seen.get(x, y, z) {
                        continue;
                    }
                    let mut stack = vec![[x, y, z]];
                    seen.insert(x, y, z);
                    let mut size = 0;
                    while let Some(v) = stack.pop() {
                        size += 1;
                        for code in 0..27isize {
                            let d = [code % 3 - 1, code / 3 % 3 - 1, code / 9 - 1];
                            let manhattan: isize = d.iter().map(|c| c.abs()).sum();
                            if manhattan == 0 || (connectivity == Connectivity::Six && manhattan > 1) {
                                continue;
                            }
                            let wrap = border == Border::Periodic;
                            let next: Vec<usize> = (0..3)
                                .filter_map(|a| {
                                    let j = v[a] as isize + d[a];
                                    let inside = (0..n[a] as isize).contains(&j);
                                    (inside || wrap).then(|| j.rem_euclid(n[a] as isize) as usize)
                                })
                                .collect();
                            if let [a, b, c] = next[..]
                                && mask.get(a, b, c)
                                && !seen.get(a, b, c)
                            {
                                seen.insert(a, b, c);
                                stack.push([a, b, c]);
                            }
                        }
                    }
                    sizes.push(size);
                }
            }
        }
        sizes
    }

    /// Which axes each component winds round: a flood fill over three copies along each axis reaches another copy of the
    /// voxel that it began at.
    fn winding(mask: &Mask, connectivity: Connectivity) -> Vec<u32> {
        use std::collections::{BTreeMap, BTreeSet};
        let n = mask.size().map(|n| n as isize);
        let mut done: BTreeSet<[isize; 3]> = BTreeSet::new();
        let mut found = Vec::new();
        for i in 0..n[0] * n[1] * n[2] {
            let start = [i % n[0], i / n[0] % n[1], i / (n[0] * n[1])];
            let there = |v: [isize; 3]| mask.get(v[0] as usize, v[1] as usize, v[2] as usize);
            if !there(start) || done.contains(&start) {
                continue;
            }
            let mut marks = 0;
            let mut copy: BTreeMap<[isize; 3], [isize; 3]> = BTreeMap::from([(start, [0; 3])]);
            let mut stack = vec![start];
            while let Some(v) = stack.pop() {
                done.insert(v);
                for code in 0..27isize {
                    let d = [code % 3 - 1, code / 3 % 3 - 1, code / 9 - 1];
                    let steps: isize = d.iter().map(|c| c.abs()).sum();
                    if steps == 0 || (connectivity == Connectivity::Six && steps > 1) {
                        continue;
                    }
                    let to: [isize; 3] = std::array::from_fn(|a| (v[a] + d[a]).rem_euclid(n[a]));
                    if !there(to) {
                        continue;
                    }
                    let at: [isize; 3] = std::array::from_fn(|a| copy[&v][a] + (v[a] + d[a]).div_euclid(n[a]));
                    match copy.get(&to) {
                        Some(known) => (0..3).filter(|&a| known[a] != at[a]).for_each(|a| marks |= winds(a)),
                        None => {
                            copy.insert(to, at);
                            stack.push(to);
                        }
                    }
                }
            }
            found.push(marks);
        }
        found
    }

    proptest! {
        #[test]
        fn winding_agrees_with_a_flood_fill_over_copies(
            bits in prop::collection::vec(prop::bool::weighted(0.4), 4 * 5 * 37),
            six in any::<bool>(),
        ) {
            let mut mask = Mask::empty([4, 5, 37]);
            for (i, _) in bits.iter().enumerate().filter(|b| *b.1) {
                mask.insert(i % 4, i / 4 % 5, i / 20);
            }
            let connectivity = if six { Connectivity::Six } else { Connectivity::TwentySix };
            let labels = Labels::new(&mask, connectivity, Border::Periodic, &[], &Exec::silent(2).unwrap());
            let winds: Vec<u32> = labels.components.iter().map(|c| c.touches).collect();
            prop_assert_eq!(winds, winding(&mask, connectivity));
        }

        #[test]
        fn components_agree_with_a_flood_fill(
            bits in prop::collection::vec(prop::bool::weighted(0.35), 7 * 5 * 34),
            six in any::<bool>(),
            periodic in any::<bool>(),
        ) {
            let mut mask = Mask::empty([7, 5, 34]);
            for (i, _) in bits.iter().enumerate().filter(|b| *b.1) {
                mask.insert(i % 7, i / 7 % 5, i / 35);
            }
            let connectivity = if six { Connectivity::Six } else { Connectivity::TwentySix };
            let border = if periodic { Border::Periodic } else { Border::Open };
            let labels = Labels::new(&mask, connectivity, border, &[&mask], &Exec::silent(2).unwrap());
            let sizes: Vec<u64> = labels.components.iter().map(|c| c.voxels).collect();
            prop_assert_eq!(sizes, flood(&mask, connectivity, border));
            prop_assert_eq!(labels.select(|_| true), mask);
        }
    }
}
