//! Widest paths: the largest sphere that can travel from one place to another.
//!
//! Each voxel has a weight, the radius of the sphere that fits there. The width of a path is its least weight, and the
//! widest path between two voxels has the greatest width. Every voxel climbs to a peak along its heaviest neighbours;
//! the voxels of one peak are a basin. Widest paths between peaks run over the passes between basins, so a search over
//! basins (Pollack 1960, doi:10.1287/opre.8.5.733, as Dijkstra's search) gives the exact width for every voxel: its own
//! weight or that of its basin's peak, whichever is less.
//!
//! O(voxels + passes · log passes); 4 bytes a voxel. Paths step across faces (6-connected).

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::grid::{Border, Frame};
use crate::limits::{LimitError, Limits};
use crate::parallel::Exec;

/// Not part of any basin.
const NONE: u32 = u32::MAX;

/// The basins of a weight field and the passes between them.
#[derive(Clone, Debug)]
pub struct Basins {
    /// Basin of each voxel.
    basin: Vec<u32>,
    /// For each basin its passes: `(other basin, weight, voxel of the pass)`.
    passes: Vec<Vec<(u32, f32, u32)>>,
}

/// How wide the way is from a set of entries to each basin.
#[derive(Clone, Debug)]
pub struct Widths {
    /// Least weight on the widest path to the peak of each basin; 0 where there is no way.
    pub width: Vec<f32>,
    /// The voxel that has it.
    pub throat: Vec<u32>,
}

#[derive(PartialEq)]
struct Front {
    width: f32,
    basin: u32,
    throat: u32,
}

impl Eq for Front {}

impl Ord for Front {
    fn cmp(&self, other: &Self) -> Ordering {
        self.width.total_cmp(&other.width).then(other.basin.cmp(&self.basin)).then(other.throat.cmp(&self.throat))
    }
}

impl PartialOrd for Front {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Basins {
    /// Finds the basins of `weight`; voxels whose weight is not positive are walls.
    ///
    /// # Errors
    /// When they do not fit the memory budget.
    pub fn new(
        frame: &Frame,
        border: Border,
        weight: impl Fn(usize) -> f32 + Sync,
        limits: &Limits,
        exec: &Exec,
    ) -> Result<Self, LimitError> {
        let [nx, ny, nz] = frame.size;
        let plane = nx * ny;
        let mut up = limits.try_vec("the widest paths", frame.len(), NONE)?;
        exec.chunks(&mut up, plane, |z, up| {
            for (k, up) in up.iter_mut().enumerate() {
                let i = k + z * plane;
                let own = weight(i);
                if own > 0.0 {
                    let mut best = (own, i);
                    neighbours(frame, border, [k % nx, k / nx, z], |j| {
                        let w = weight(j);
                        if w > best.0 || (w == best.0 && j > best.1) {
                            best = (w, j);
                        }
                    });
                    *up = best.1 as u32;
                }
            }
        });
        // Follow every voxel to its peak, shortening the way for those that come after.
        for i in 0..up.len() {
            if up[i] == NONE {
                continue;
            }
            let mut top = i as u32;
            while up[top as usize] != top {
                top = up[top as usize];
            }
            let mut at = i as u32;
            while up[at as usize] != top {
                let next = up[at as usize];
                up[at as usize] = top;
                at = next;
            }
        }
        let peaks: Vec<u32> = (0..up.len() as u32).filter(|&i| up[i as usize] == i).collect();
        let numbers = Numbers::new(&peaks, up.len());
        exec.chunks(&mut up, plane, |_, up| {
            for u in up.iter_mut().filter(|u| **u != NONE) {
                *u = numbers.of(*u);
            }
        });
        let basin = up;
        let mut found = exec
            .map(nz, |z| {
                let mut passes: Vec<(u32, u32, u32, u32)> = Vec::new();
                for k in 0..plane {
                    let i = k + z * plane;
                    if basin[i] == NONE {
                        continue;
                    }
                    forward(frame, border, [k % nx, k / nx, z], |j| {
                        if basin[j] != NONE && basin[j] != basin[i] {
                            let (wi, wj) = (weight(i), weight(j));
                            let (w, voxel) = if wi <= wj { (wi, i) } else { (wj, j) };
                            let (a, b) = (basin[i].min(basin[j]), basin[i].max(basin[j]));
                            // Positive floats order as their bits; inverted, the widest pass comes first.
                            passes.push((a, b, !w.to_bits(), voxel as u32));
                        }
                    });
                }
                passes.sort_unstable();
                passes.dedup_by_key(|p| (p.0, p.1));
                passes
            })
            .concat();
        exec.sort_by_unique_key(&mut found, |&p| p);
        found.dedup_by_key(|p| (p.0, p.1));
        let mut passes = vec![Vec::new(); peaks.len()];
        for (a, b, bits, voxel) in found {
            let w = f32::from_bits(!bits);
            passes[a as usize].push((b, w, voxel));
            passes[b as usize].push((a, w, voxel));
        }
        Ok(Self { basin, passes })
    }

    /// Basin of a voxel, if it has one.
    #[must_use]
    pub fn of(&self, voxel: usize) -> Option<usize> {
        let b = self.basin[voxel];
        (b != NONE).then_some(b as usize)
    }

    /// How wide the way is to every basin from entries: voxels, each with its weight.
    #[must_use]
    pub fn from_entries(&self, entries: impl Iterator<Item = (usize, f32)>) -> Widths {
        let n = self.passes.len();
        let mut widths = Widths { width: vec![0.0; n], throat: vec![NONE; n] };
        for (voxel, weight) in entries {
            if let Some(b) = self.of(voxel)
                && weight > widths.width[b]
            {
                widths.width[b] = weight;
                widths.throat[b] = voxel as u32;
            }
        }
        let mut heap: BinaryHeap<Front> = (0..n)
            .filter(|&b| widths.width[b] > 0.0)
            .map(|b| Front { width: widths.width[b], basin: b as u32, throat: widths.throat[b] })
            .collect();
        while let Some(front) = heap.pop() {
            if front.width < widths.width[front.basin as usize] {
                continue;
            }
            for &(next, pass, voxel) in &self.passes[front.basin as usize] {
                let (width, throat) = if pass < front.width { (pass, voxel) } else { (front.width, front.throat) };
                if width > widths.width[next as usize] {
                    widths.width[next as usize] = width;
                    widths.throat[next as usize] = throat;
                    heap.push(Front { width, basin: next, throat });
                }
            }
        }
        widths
    }

    /// Width of the way to a voxel of this weight.
    #[must_use]
    pub fn width_at(&self, widths: &Widths, voxel: usize, weight: f32) -> f32 {
        self.of(voxel).map_or(0.0, |b| widths.width[b].min(weight))
    }

    /// The widest way to any of the exits: its width and the voxel of its throat.
    #[must_use]
    pub fn widest_exit(&self, widths: &Widths, exits: impl Iterator<Item = (usize, f32)>) -> Option<(f32, usize)> {
        let mut best: Option<(f32, usize)> = None;
        for (voxel, weight) in exits {
            let Some(b) = self.of(voxel) else { continue };
            let (width, throat) =
                if weight < widths.width[b] { (weight, voxel) } else { (widths.width[b], widths.throat[b] as usize) };
            if width > 0.0 && best.is_none_or(|(w, _)| width > w) {
                best = Some((width, throat));
            }
        }
        best
    }
}

/// How many peaks come before a peak, in constant time: a bit for each voxel, and the count before each word of bits.
struct Numbers {
    bits: Vec<u64>,
    before: Vec<u32>,
}

impl Numbers {
    fn new(peaks: &[u32], voxels: usize) -> Self {
        let mut bits = vec![0u64; voxels.div_ceil(64)];
        for &p in peaks {
            bits[p as usize / 64] |= 1 << (p % 64);
        }
        let mut sum = 0;
        let before = bits
            .iter()
            .map(|word| {
                sum += word.count_ones();
                sum - word.count_ones()
            })
            .collect();
        Self { bits, before }
    }

    fn of(&self, peak: u32) -> u32 {
        let word = peak as usize / 64;
        self.before[word] + (self.bits[word] & ((1 << (peak % 64)) - 1)).count_ones()
    }
}

fn neighbours(frame: &Frame, border: Border, voxel: [usize; 3], mut f: impl FnMut(usize)) {
    let mut stride = 1;
    let i = frame.index(voxel[0], voxel[1], voxel[2]);
    for a in 0..3 {
        let n = frame.size[a];
        if voxel[a] + 1 < n {
            f(i + stride);
        } else if border == Border::Periodic {
            f(i + stride - n * stride);
        }
        if voxel[a] > 0 {
            f(i - stride);
        } else if border == Border::Periodic {
            f(i + (n - 1) * stride);
        }
        stride *= n;
    }
}

/// The neighbours towards higher x, y and z.
fn forward(frame: &Frame, border: Border, voxel: [usize; 3], mut f: impl FnMut(usize)) {
    let mut stride = 1;
    let i = frame.index(voxel[0], voxel[1], voxel[2]);
    for a in 0..3 {
        let n = frame.size[a];
        if voxel[a] + 1 < n {
            f(i + stride);
        } else if border == Border::Periodic {
            f(i + stride - n * stride);
        }
        stride *= n;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Widths from the entries by repeated relaxation over all voxels.
    fn slow(frame: &Frame, border: Border, weight: &[f32], entries: &[usize]) -> Vec<f32> {
        let mut width = vec![0.0f32; weight.len()];
        for &e in entries {
            width[e] = weight[e].max(0.0);
        }
        loop {
            let mut changed = false;
            for i in 0..weight.len() {
                if weight[i] <= 0.0 {
                    continue;
                }
                neighbours(frame, border, frame.voxel(i), |j| {
                    let w = width[j].min(weight[i]);
                    if w > width[i] {
                        width[i] = w;
                        changed = true;
                    }
                });
            }
            if !changed {
                return width;
            }
        }
    }

    proptest! {
        #[test]
        fn widths_agree_with_relaxation(
            weight in prop::collection::vec(prop_oneof![Just(0.0f32), Just(1.0), 0.1..9.0f32], 6 * 5 * 7),
            entries in prop::collection::vec(0..210usize, 1..4),
            periodic in any::<bool>(),
        ) {
            let frame = Frame { size: [6, 5, 7], spacing: [1.0; 3], origin: [0.0; 3] };
            let border = if periodic { Border::Periodic } else { Border::Open };
            let limits = Limits { memory: 1 << 20 };
            let basins = Basins::new(&frame, border, |i| weight[i], &limits, &Exec::silent(2).unwrap()).unwrap();
            let widths = basins.from_entries(entries.iter().map(|&e| (e, weight[e])));
            let truth = slow(&frame, border, &weight, &entries);
            for i in 0..weight.len() {
                prop_assert_eq!(basins.width_at(&widths, i, weight[i]), truth[i]);
            }
            let exit = basins.widest_exit(&widths, (0..6).map(|i| (i, weight[i])));
            let best = (0..6).map(|i| truth[i]).fold(0.0, f32::max);
            prop_assert_eq!(exit.map_or(0.0, |e| e.0), best);
            if let Some((w, throat)) = exit {
                prop_assert_eq!(weight[throat], w, "the throat has the width");
            }
        }
    }
}
