//! Widest paths from outside: the largest sphere that can come to rest at each place.
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
use std::sync::atomic::{AtomicU32, Ordering as Memory};

use crate::grid::{Border, Frame};
use crate::limits::{LimitError, Limits};
use crate::parallel::Exec;

/// Not part of any basin.
const NONE: u32 = u32::MAX;

/// Pairs of basins whose widest pass of a plane is kept at hand.
const POCKET: usize = 1 << 12;

/// The basins of a weight field and the passes between them.
#[derive(Clone, Debug)]
pub struct Basins {
    /// Basin of each voxel.
    basin: Vec<u32>,
    /// Where the passes of each basin begin.
    starts: Vec<u32>,
    /// For each basin its passes: the other basin, and the weight.
    passes: Vec<(u32, f32)>,
    /// The voxel of each basin's peak.
    peaks: Vec<u32>,
}

#[derive(PartialEq)]
struct Front {
    width: f32,
    basin: u32,
}

impl Eq for Front {}

impl Ord for Front {
    fn cmp(&self, other: &Self) -> Ordering {
        self.width.total_cmp(&other.width).then(other.basin.cmp(&self.basin))
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
        weight: &[f32],
        limits: &Limits,
        exec: &Exec,
    ) -> Result<Self, LimitError> {
        let [nx, ny, nz] = frame.size;
        let plane = nx * ny;
        limits.check("the widest paths", frame.len() as u64, 4)?;
        let up: Vec<AtomicU32> = exec.fill(frame.len(), plane, |z, up: &mut Vec<AtomicU32>| {
            let mut row = vec![0u32; nx];
            for y in 0..ny {
                climb_row(frame, border, weight, y, z, &mut row);
                up.extend(row.iter().map(|&i| AtomicU32::new(i)));
            }
        });
        if up.len() < frame.len() {
            // Cancelled: the caller is about to notice.
            return Ok(Self { basin: vec![NONE; frame.len()], starts: vec![0], passes: Vec::new(), peaks: Vec::new() });
        }
        // Every voxel points to its peak. Shortening the way of one voxel never changes where another one ends.
        exec.map(nz, |z| {
            for i in z * plane..(z + 1) * plane {
                let mut at = up[i].load(Memory::Relaxed);
                if at == NONE {
                    continue;
                }
                loop {
                    let next = up[at as usize].load(Memory::Relaxed);
                    if next == at {
                        break;
                    }
                    at = next;
                }
                up[i].store(at, Memory::Relaxed);
            }
        });
        let numbers = Numbers::new(&up);
        let mut basin = up.into_iter().map(AtomicU32::into_inner).collect::<Vec<u32>>();
        exec.chunks(&mut basin, plane, |_, basin| {
            for b in basin.iter_mut().filter(|b| **b != NONE) {
                *b = numbers.of(*b);
            }
        });
        let summits = numbers.list();
        let peaks = summits.len();
        drop(numbers);
        // The widest pass between any two basins, as (lower basin, higher basin, inverted bits of the weight): positive
        // floats order as their bits, so the widest comes first.
        let mut found = exec
            .map(nz, |z| {
                let mut pocket = vec![(NONE, NONE, 0u32); POCKET];
                let mut passes: Vec<(u32, u32, u32)> = Vec::new();
                let mut meet = |i: usize, j: usize| {
                    let (p, q) = (basin[i], basin[j]);
                    if q == NONE || p == q {
                        return;
                    }
                    let bits = !weight[i].min(weight[j]).to_bits();
                    let (a, b) = (p.min(q), p.max(q));
                    let slot = (a.wrapping_mul(0x9E37_79B1) ^ b.wrapping_mul(0x85EB_CA77)) as usize >> 7 & (POCKET - 1);
                    let held = &mut pocket[slot];
                    if (held.0, held.1) == (a, b) {
                        held.2 = held.2.min(bits);
                    } else {
                        if held.0 != NONE {
                            passes.push(*held);
                        }
                        *held = (a, b, bits);
                    }
                };
                for y in 0..ny {
                    for x in 0..nx {
                        let i = x + nx * y + plane * z;
                        if basin[i] == NONE {
                            continue;
                        }
                        for (at, n, stride) in [(x, nx, 1), (y, ny, nx), (z, nz, plane)] {
                            if at + 1 < n {
                                meet(i, i + stride);
                            } else if border == Border::Periodic {
                                meet(i, i + stride - n * stride);
                            }
                        }
                    }
                }
                passes.extend(pocket.into_iter().filter(|p| p.0 != NONE));
                passes.sort_unstable();
                passes.dedup_by_key(|p| (p.0, p.1));
                passes
            })
            .concat();
        exec.sort(&mut found);
        found.dedup_by_key(|p| (p.0, p.1));
        let mut starts = vec![0u32; peaks + 1];
        for &(a, b, _) in &found {
            starts[a as usize + 1] += 1;
            starts[b as usize + 1] += 1;
        }
        for b in 0..peaks {
            starts[b + 1] += starts[b];
        }
        let mut next = starts.clone();
        let mut passes = vec![(NONE, 0.0f32); 2 * found.len()];
        for (a, b, bits) in found {
            for (from, to) in [(a, b), (b, a)] {
                passes[next[from as usize] as usize] = (to, f32::from_bits(!bits));
                next[from as usize] += 1;
            }
        }
        Ok(Self { basin, starts, passes, peaks: summits })
    }

    /// Basin of a voxel, if it has one.
    #[must_use]
    pub fn of(&self, voxel: usize) -> Option<usize> {
        let b = self.basin[voxel];
        (b != NONE).then_some(b as usize)
    }

    /// The voxel of each basin's peak.
    #[must_use]
    pub fn peaks(&self) -> &[u32] {
        &self.peaks
    }

    /// The widest pass between any two basins that touch: lower basin, higher basin, weight.
    pub fn passes(&self) -> impl Iterator<Item = (u32, u32, f32)> {
        (0..self.peaks.len()).flat_map(move |b| {
            let own = &self.passes[self.starts[b] as usize..self.starts[b + 1] as usize];
            own.iter()
                .filter(move |(other, _)| *other as usize > b)
                .map(move |&(other, weight)| (b as u32, other, weight))
        })
    }

    /// How wide the way is to every basin from entries, voxels each with its weight: the least weight on the widest path
    /// to its peak, 0 where there is no way.
    #[must_use]
    pub fn from_entries(&self, entries: impl Iterator<Item = (usize, f32)>) -> Vec<f32> {
        let mut widths = vec![0.0; self.starts.len() - 1];
        for (voxel, weight) in entries {
            if let Some(b) = self.of(voxel)
                && weight > widths[b]
            {
                widths[b] = weight;
            }
        }
        let mut heap: BinaryHeap<Front> = widths
            .iter()
            .enumerate()
            .filter(|(_, width)| **width > 0.0)
            .map(|(b, &width)| Front { width, basin: b as u32 })
            .collect();
        while let Some(front) = heap.pop() {
            let b = front.basin as usize;
            if front.width < widths[b] {
                continue;
            }
            for &(next, pass) in &self.passes[self.starts[b] as usize..self.starts[b + 1] as usize] {
                let width = pass.min(front.width);
                if width > widths[next as usize] {
                    widths[next as usize] = width;
                    heap.push(Front { width, basin: next });
                }
            }
        }
        widths
    }

    /// Width of the way to a voxel of this weight.
    #[must_use]
    pub fn width_at(&self, widths: &[f32], voxel: usize, weight: f32) -> f32 {
        self.of(voxel).map_or(0.0, |b| widths[b].min(weight))
    }
}

/// For each voxel of a row the heaviest of itself and its neighbours, the last of equals; `NONE` in walls.
fn climb_row(frame: &Frame, border: Border, weight: &[f32], y: usize, z: usize, row: &mut [u32]) {
    let [nx, ny, nz] = frame.size;
    let first = frame.index(0, y, z);
    let plane = nx * ny;
    let inner = y > 0 && y + 1 < ny && z > 0 && z + 1 < nz;
    for (x, up) in row.iter_mut().enumerate() {
        let i = first + x;
        let own = weight[i];
        *up = NONE;
        if own <= 0.0 {
            continue;
        }
        let mut best = (own, i);
        let mut look = |j: usize| {
            let w = weight[j];
            if w > best.0 || (w == best.0 && j > best.1) {
                best = (w, j);
            }
        };
        if inner && x > 0 && x + 1 < nx {
            for j in [i - plane, i - nx, i - 1, i + 1, i + nx, i + plane] {
                look(j);
            }
        } else {
            neighbours(frame, border, [x, y, z], look);
        }
        *up = best.1 as u32;
    }
}

/// How many peaks come before a peak, in constant time: a bit for each voxel, and the count before each word of bits.
struct Numbers {
    bits: Vec<u64>,
    before: Vec<u32>,
}

impl Numbers {
    fn new(up: &[AtomicU32]) -> Self {
        let mut bits = vec![0u64; up.len().div_ceil(64)];
        for (w, (word, ups)) in bits.iter_mut().zip(up.chunks(64)).enumerate() {
            for (k, u) in ups.iter().enumerate() {
                *word |= u64::from(u.load(Memory::Relaxed) as usize == 64 * w + k) << k;
            }
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

    /// The peaks, in rising order.
    fn list(&self) -> Vec<u32> {
        let mut peaks = Vec::with_capacity(self.bits.iter().map(|w| w.count_ones() as usize).sum());
        for (w, &word) in self.bits.iter().enumerate() {
            let mut left = word;
            while left != 0 {
                peaks.push((64 * w) as u32 + left.trailing_zeros());
                left &= left - 1;
            }
        }
        peaks
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
            let basins = Basins::new(&frame, border, &weight, &limits, &Exec::silent(2).unwrap()).unwrap();
            let widths = basins.from_entries(entries.iter().map(|&e| (e, weight[e])));
            let truth = slow(&frame, border, &weight, &entries);
            for i in 0..weight.len() {
                prop_assert_eq!(basins.width_at(&widths, i, weight[i]), truth[i]);
            }
        }
    }
}
