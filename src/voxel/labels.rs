//! Connected components of a set of voxels, by runs and union–find.
//!
//! A run is a stretch of voxels of the set along x. Runs of neighbouring rows that touch are joined (union–find with
//! path halving, the lower number leading), then numbered in the order of their first voxel. There is no label per
//! voxel: the runs are the labels. O(runs), after He, Chao & Suzuki 2008 (doi:10.1109/TIP.2008.919369).

use crate::grid::{Border, Connectivity, Mask};

/// A stretch of voxels of one component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// First voxel along x.
    pub from: u32,
    /// One past the last voxel along x.
    pub to: u32,
    /// Component.
    pub label: u32,
}

/// One component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// Number of voxels.
    pub voxels: u64,
    /// Its first voxel.
    pub first: [usize; 3],
    /// Bit k is set when it has a voxel in the k-th of the sets asked about.
    pub touches: u32,
}

/// The components of a set of voxels.
#[derive(Clone, Debug)]
pub struct Labels {
    size: [usize; 3],
    runs: Vec<Run>,
    row_start: Vec<usize>,
    /// The components, in the order of their first voxel.
    pub components: Vec<Component>,
}

impl Labels {
    /// Finds the components of `mask`, and which of them reach each of the sets `sides` (at most 32).
    #[must_use]
    pub fn new(mask: &Mask, connectivity: Connectivity, border: Border, sides: &[&Mask]) -> Self {
        let [nx, ny, nz] = mask.size();
        let mut runs: Vec<Run> = Vec::new();
        let mut row_start = vec![0];
        for z in 0..nz {
            for y in 0..ny {
                mask.runs(y, z, |from, to| {
                    runs.push(Run { from: from as u32, to: to as u32, label: runs.len() as u32 });
                });
                row_start.push(runs.len());
            }
        }
        let mut parent: Vec<u32> = (0..runs.len() as u32).collect();
        let slack = u32::from(connectivity == Connectivity::TwentySix);
        let rows: &[(isize, isize)] = match connectivity {
            Connectivity::Six => &[(-1, 0), (0, -1)],
            Connectivity::TwentySix => &[(-1, 0), (-1, -1), (0, -1), (1, -1)],
        };
        let wrap = border == Border::Periodic;
        for z in 0..nz {
            for y in 0..ny {
                let here = row_start[y + ny * z]..row_start[y + ny * z + 1];
                if here.is_empty() {
                    continue;
                }
                for &(dy, dz) in rows {
                    let (Some(oy), Some(oz)) = (shift(y, dy, ny, wrap), shift(z, dz, nz, wrap)) else { continue };
                    let there = row_start[oy + ny * oz]..row_start[oy + ny * oz + 1];
                    join(&runs, &mut parent, here.clone(), there.clone(), slack, nx as u32, wrap);
                }
                // Round the ends of the row itself.
                if wrap && runs[here.start].from == 0 && runs[here.end - 1].to as usize == nx {
                    unite(&mut parent, here.start as u32, here.end as u32 - 1);
                }
            }
        }
        let mut components: Vec<Component> = Vec::new();
        let mut number = vec![u32::MAX; runs.len()];
        for row in 0..ny * nz {
            let (y, z) = (row % ny, row / ny);
            for r in row_start[row]..row_start[row + 1] {
                let root = find(&mut parent, r as u32) as usize;
                let run = &mut runs[r];
                if number[root] == u32::MAX {
                    number[root] = components.len() as u32;
                    components.push(Component { voxels: 0, first: [run.from as usize, y, z], touches: 0 });
                }
                run.label = number[root];
                let component = &mut components[run.label as usize];
                component.voxels += u64::from(run.to - run.from);
                for (k, side) in sides.iter().enumerate() {
                    if component.touches >> k & 1 == 0 && (run.from..run.to).any(|x| side.get(x as usize, y, z)) {
                        component.touches |= 1 << k;
                    }
                }
            }
        }
        Self { size: [nx, ny, nz], runs, row_start, components }
    }

    /// The voxels of the components that `keep` chooses.
    #[must_use]
    pub fn select(&self, keep: impl Fn(&Component) -> bool) -> Mask {
        let kept: Vec<bool> = self.components.iter().map(keep).collect();
        let mut mask = Mask::empty(self.size);
        for row in 0..self.size[1] * self.size[2] {
            for run in &self.runs[self.row_start[row]..self.row_start[row + 1]] {
                if kept[run.label as usize] {
                    (run.from..run.to).for_each(|x| mask.insert(x as usize, row % self.size[1], row / self.size[1]));
                }
            }
        }
        mask
    }
}

fn shift(i: usize, by: isize, n: usize, wrap: bool) -> Option<usize> {
    let j = i as isize + by;
    if (0..n as isize).contains(&j) {
        Some(j as usize)
    } else if wrap && n > 1 {
        Some(j.rem_euclid(n as isize) as usize)
    } else {
        None
    }
}

/// Joins the runs of two rows that touch; `slack` is 1 when diagonal neighbours count.
fn join(
    runs: &[Run],
    parent: &mut [u32],
    a: std::ops::Range<usize>,
    b: std::ops::Range<usize>,
    slack: u32,
    nx: u32,
    wrap: bool,
) {
    let (mut i, mut j) = (a.start, b.start);
    while i < a.end && j < b.end {
        let (p, q) = (runs[i], runs[j]);
        if p.from < q.to + slack && q.from < p.to + slack {
            unite(parent, i as u32, j as u32);
        }
        if p.to < q.to { i += 1 } else { j += 1 }
    }
    if wrap && slack == 1 && !a.is_empty() && !b.is_empty() {
        // Diagonally round the ends.
        if runs[a.start].from == 0 && runs[b.end - 1].to == nx {
            unite(parent, a.start as u32, b.end as u32 - 1);
        }
        if runs[b.start].from == 0 && runs[a.end - 1].to == nx {
            unite(parent, b.start as u32, a.end as u32 - 1);
        }
    }
}

fn find(parent: &mut [u32], mut i: u32) -> u32 {
    while parent[i as usize] != i {
        parent[i as usize] = parent[parent[i as usize] as usize];
        i = parent[i as usize];
    }
    i
}

fn unite(parent: &mut [u32], a: u32, b: u32) {
    let (a, b) = (find(parent, a), find(parent, b));
    if a != b {
        parent[a.max(b) as usize] = a.min(b);
    }
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

    proptest! {
        #[test]
        fn components_agree_with_a_flood_fill(
            bits in prop::collection::vec(prop::bool::weighted(0.35), 7 * 5 * 6),
            six in any::<bool>(),
            periodic in any::<bool>(),
        ) {
            let mut mask = Mask::empty([7, 5, 6]);
            for (i, _) in bits.iter().enumerate().filter(|b| *b.1) {
                mask.insert(i % 7, i / 7 % 5, i / 35);
            }
            let connectivity = if six { Connectivity::Six } else { Connectivity::TwentySix };
            let border = if periodic { Border::Periodic } else { Border::Open };
            let labels = Labels::new(&mask, connectivity, border, &[&mask]);
            let sizes: Vec<u64> = labels.components.iter().map(|c| c.voxels).collect();
            prop_assert_eq!(sizes, flood(&mask, connectivity, border));
            prop_assert_eq!(labels.select(|_| true), mask);
        }
    }
}
