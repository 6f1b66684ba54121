//! Pores and throats: the void as a network, for description.
//!
//! The weight of a voxel is the radius of the sphere that fits there. Every voxel climbs along its heaviest neighbours to
//! a peak; the voxels of one peak are a basin (a watershed of the weights, flooded from their peaks). Peaks of one pore
//! are many, for a field on a grid is never smooth, so basins are merged by one rule, over the passes between them from
//! the widest down (persistence; Edelsbrunner, Letscher & Zomorodian 2002, doi:10.1007/s00454-002-2885-2):
//!
//! > two pores are one when the widest pass between them is at least [`Rule::ratio`] of the peak of the smaller one, or
//! > when it is less than [`Rule::slack`] narrower than it.
//!
//! A *throat* is a connected piece of the interface between two pores, its width the greatest weight in it; a *mouth* is a
//! connected piece of the outer boundary in one pore. Not every piece is a window: ragged edges of an interface, and the
//! places where two windows of a third pore meet, are none. Between two pores the widest piece counts, further ones when
//! they are at least [`Rule::fine`] wide; a piece whose widest place touches a pore to which both have throats that are as
//! wide does not; and what is narrower than [`Rule::fine`] counts only between pores that no wider throats join.
//!
//! O(voxels + passes · log passes + interface · log interface); no field of its own: the basins are the labels.
//!
//! Differences from the usual watershed (SNOW; Gostick 2017, doi:10.1103/PhysRevE.96.023307): no smoothing of the
//! distances, no peaks dropped for their place; the one rule above does both.

use std::collections::BTreeSet;
use std::ops::Range;

use super::widest::Basins;
use crate::grid::{Border, Frame, Mask};
use crate::parallel::Exec;

/// When two pores are one, and what is no throat.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// Pass over the peak of the smaller pore from which on the two are one.
    pub ratio: f32,
    /// Difference of pass and peak, in the unit of the weights, below which the two are one.
    pub slack: f32,
    /// Weight below which further pieces of an interface do not count.
    pub fine: f32,
}

impl Rule {
    /// Nine tenths of the smaller pore; differences of a voxel and pieces narrower than three voxels are the grid's: the
    /// centre of a sphere may lie off that of its voxel, and a slanted ridge is stairs.
    #[must_use]
    pub fn of(frame: &Frame) -> Self {
        let h = frame.coarsest() as f32;
        Self { ratio: 0.9, slack: 1.05 * h, fine: 1.5 * h }
    }

    /// Whether a pore with this peak is one with what lies beyond a pass.
    #[must_use]
    pub fn joins(&self, peak: f32, pass: f32) -> bool {
        pass >= self.ratio * peak || peak - pass < self.slack
    }
}

/// A pore.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pore {
    /// The voxel of its peak.
    pub peak: usize,
    /// Radius of the sphere that fits there.
    pub radius: f32,
    /// Number of its voxels.
    pub voxels: u64,
}

/// A window between two pores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Throat {
    /// The pores, the lower number first.
    pub pores: [u32; 2],
    /// Radius of the sphere that passes.
    pub radius: f32,
    /// The voxel where it passes.
    pub voxel: usize,
}

/// A window from a pore to the outside.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mouth {
    /// The pore.
    pub pore: u32,
    /// Radius of the sphere that passes.
    pub radius: f32,
    /// The voxel where it passes.
    pub voxel: usize,
}

/// Pores, throats and mouths.
#[derive(Clone, Debug)]
pub struct Network {
    /// The pores, in the order of their peaks.
    pub pores: Vec<Pore>,
    /// The throats, by their pores; of two pores the widest first.
    pub throats: Vec<Throat>,
    /// The mouths, by their pores.
    pub mouths: Vec<Mouth>,
    rule: Rule,
    /// Pore of each basin.
    of_basin: Vec<u32>,
}

impl Network {
    /// Merges basins to pores and finds the windows; `rim` holds the voxels from which spheres leave.
    #[must_use]
    pub fn new(
        frame: &Frame,
        border: Border,
        weight: &[f32],
        basins: &Basins,
        rim: &Mask,
        rule: Rule,
        exec: &Exec,
    ) -> Self {
        let of_basin = merge(weight, basins, rule, exec);
        let mut network = Self { pores: Vec::new(), throats: Vec::new(), mouths: Vec::new(), rule, of_basin };
        let count = network.of_basin.iter().max().map_or(0, |last| *last as usize + 1);
        network.pores = vec![Pore { peak: 0, radius: 0.0, voxels: 0 }; count];
        for (b, &peak) in basins.peaks().iter().enumerate() {
            let pore = &mut network.pores[network.of_basin[b] as usize];
            if weight[peak as usize] > pore.radius {
                (pore.peak, pore.radius) = (peak as usize, weight[peak as usize]);
            }
        }
        let [nx, ny, nz] = frame.size;
        let planes = exec.map(nz, |z| {
            let mut counts: Vec<(u32, u64)> = Vec::new();
            let mut faces: Vec<Face> = Vec::new();
            let mut open: Vec<Face> = Vec::new();
            for y in 0..ny {
                for x in 0..nx {
                    let i = frame.index(x, y, z);
                    let Some(own) = network.of(basins, i) else { continue };
                    match counts.last_mut() {
                        Some((pore, n)) if *pore == own => *n += 1,
                        _ => counts.push((own, 1)),
                    }
                    if rim.get(x, y, z) {
                        open.push(Face { pores: [own, own], voxel: i as u32, beyond: i as u32, weight: weight[i] });
                    }
                    let mut stride = 1;
                    for (at, n) in [(x, nx), (y, ny), (z, nz)] {
                        let next = if at + 1 < n {
                            Some(i + stride)
                        } else {
                            (border == Border::Periodic).then(|| i + stride - n * stride)
                        };
                        stride *= n;
                        if let Some(j) = next
                            && let Some(other) = network.of(basins, j)
                            && other != own
                        {
                            let pores = [own.min(other), own.max(other)];
                            let width = weight[i].min(weight[j]);
                            faces.push(Face { pores, voxel: i as u32, beyond: j as u32, weight: width });
                        }
                    }
                }
            }
            (counts, faces, open)
        });
        let (mut faces, mut open) = (Vec::new(), Vec::new());
        for (counts, mut plane, mut rim) in planes {
            counts.into_iter().for_each(|(pore, n)| network.pores[pore as usize].voxels += n);
            faces.append(&mut plane);
            open.append(&mut rim);
        }
        let found = windows(frame, border, faces, rule.fine, exec);
        network.throats = network.own(frame, border, basins, found);
        network.mouths = windows(frame, border, open, rule.fine, exec)
            .into_iter()
            .map(|w| Mouth { pore: w.pores[0], radius: w.weight, voxel: w.voxel as usize })
            .collect();
        network
    }

    /// The pore of a voxel, if it has one.
    #[must_use]
    pub fn of(&self, basins: &Basins, voxel: usize) -> Option<u32> {
        basins.of(voxel).map(|b| self.of_basin[b])
    }

    /// The throats that are windows of their own, by their pores.
    fn own(&self, frame: &Frame, border: Border, basins: &Basins, mut faces: Vec<Face>) -> Vec<Throat> {
        faces.sort_by(|a, b| b.weight.total_cmp(&a.weight).then(a.pores.cmp(&b.pores)).then(a.voxel.cmp(&b.voxel)));
        // Pores that each pore has a throat to so far: wider ones.
        let mut joined: Vec<BTreeSet<u32>> = vec![BTreeSet::new(); self.pores.len()];
        let mut parent: Vec<u32> = (0..self.pores.len() as u32).collect();
        let mut throats = Vec::new();
        for face in faces {
            let [a, b] = face.pores;
            let wider = |third: u32| joined[a as usize].contains(&third) && joined[b as usize].contains(&third);
            let mut between = false;
            for voxel in [face.voxel, face.beyond] {
                around(frame, border, voxel as usize, 0..27, |j| {
                    between |= self.of(basins, j).is_some_and(wider);
                });
            }
            let ends = [a, b].map(|p| root(&mut parent, p));
            between |= face.weight < self.rule.fine && ends[0] == ends[1];
            if !between {
                joined[a as usize].insert(b);
                joined[b as usize].insert(a);
                parent[ends[0].max(ends[1]) as usize] = ends[0].min(ends[1]);
                throats.push(Throat { pores: face.pores, radius: face.weight, voxel: face.voxel as usize });
            }
        }
        throats.sort_by(|a, b| a.pores.cmp(&b.pores).then(b.radius.total_cmp(&a.radius)).then(a.voxel.cmp(&b.voxel)));
        throats
    }

    /// For each pore whether fewer than two separate ways of at least this radius lead out of it: whether taking away one
    /// window would shut it, or it is shut already. A pore as wide as its mouth belongs to the outside.
    ///
    /// A window that alone joins two parts of the network is a bridge; bridges are found in one search from outside
    /// (Tarjan 1974, doi:10.1016/0020-0190(74)90003-9).
    #[must_use]
    pub fn dead_ends(&self, least: f32) -> Vec<bool> {
        let outside = self.pores.len();
        let mut node: Vec<usize> = (0..=outside).collect();
        for mouth in self.mouths.iter().filter(|m| m.radius >= least) {
            if self.rule.joins(self.pores[mouth.pore as usize].radius, mouth.radius) {
                node[mouth.pore as usize] = outside;
            }
        }
        let throats = self.throats.iter().filter(|t| t.radius >= least).map(|t| t.pores.map(|p| node[p as usize]));
        let mouths = self.mouths.iter().filter(|m| m.radius >= least).map(|m| [node[m.pore as usize], outside]);
        let edges: Vec<[usize; 2]> = throats.chain(mouths).filter(|[a, b]| a != b).collect();
        let mut ways: Vec<Vec<(usize, usize)>> = vec![Vec::new(); outside + 1];
        for (e, &[a, b]) in edges.iter().enumerate() {
            ways[a].push((b, e));
            ways[b].push((a, e));
        }
        const UNSEEN: usize = usize::MAX;
        let mut seen = vec![UNSEEN; outside + 1];
        let mut low = vec![UNSEEN; outside + 1];
        let mut order = vec![outside];
        (seen[outside], low[outside]) = (0, 0);
        // Node, the edge that led to it, the node that it came from, and the next of its ways to try.
        let mut stack = vec![(outside, UNSEEN, outside, 0)];
        let mut parent = vec![outside; outside + 1];
        while let Some((at, through, from, next)) = stack.last_mut() {
            if let Some(&(to, edge)) = ways[*at].get(*next) {
                *next += 1;
                if edge == *through {
                    continue;
                }
                if seen[to] == UNSEEN {
                    let came = *at;
                    (seen[to], low[to], parent[to]) = (order.len(), order.len(), came);
                    order.push(to);
                    stack.push((to, edge, came, 0));
                } else {
                    low[*at] = low[*at].min(seen[to]);
                }
            } else {
                let (at, from) = (*at, *from);
                low[from] = low[from].min(low[at]);
                stack.pop();
            }
        }
        let mut free = vec![false; outside + 1];
        free[outside] = true;
        for &at in &order[1..] {
            free[at] = free[parent[at]] && low[at] <= seen[parent[at]];
        }
        (0..outside).map(|p| !free[node[p]]).collect()
    }
}

/// The pore of each basin.
fn merge(weight: &[f32], basins: &Basins, rule: Rule, exec: &Exec) -> Vec<u32> {
    let peaks = basins.peaks();
    let peak = |b: u32| weight[peaks[b as usize] as usize];
    // Inverted bits: positive floats order as their bits, so the widest comes first.
    let mut passes: Vec<(u32, u32, u32)> = basins.passes().map(|(a, b, w)| (!w.to_bits(), a, b)).collect();
    exec.sort(&mut passes);
    let mut parent: Vec<u32> = (0..peaks.len() as u32).collect();
    for (bits, a, b) in passes {
        let (a, b) = (root(&mut parent, a), root(&mut parent, b));
        if a == b {
            continue;
        }
        // The one with the higher peak leads; of equals the first.
        let (high, small) = if peak(b) > peak(a) || (peak(a) == peak(b) && b < a) { (b, a) } else { (a, b) };
        if rule.joins(peak(small), f32::from_bits(!bits)) {
            parent[small as usize] = high;
        }
    }
    let mut number = vec![u32::MAX; peaks.len()];
    let mut count = 0;
    for b in 0..peaks.len() as u32 {
        if root(&mut parent, b) == b {
            number[b as usize] = count;
            count += 1;
        }
    }
    (0..peaks.len() as u32).map(|b| number[root(&mut parent, b) as usize]).collect()
}

fn root(parent: &mut [u32], mut i: u32) -> u32 {
    while parent[i as usize] != i {
        parent[i as usize] = parent[parent[i as usize] as usize];
        i = parent[i as usize];
    }
    i
}

/// Where two pores meet, or a pore and the outside.
#[derive(Clone, Copy, Debug)]
struct Face {
    pores: [u32; 2],
    voxel: u32,
    beyond: u32,
    weight: f32,
}

/// The widest face of each connected piece of faces between the same pores; of the narrow pieces only the widest, and
/// only where there are no others.
fn windows(frame: &Frame, border: Border, mut faces: Vec<Face>, fine: f32, exec: &Exec) -> Vec<Face> {
    exec.sort_by(&mut faces, |a, b| {
        a.pores.cmp(&b.pores).then(a.voxel.cmp(&b.voxel)).then(b.weight.total_cmp(&a.weight))
    });
    // A voxel has up to three faces of the same pores; the widest stands for them.
    faces.dedup_by_key(|f| (f.pores, f.voxel));
    let mut found = Vec::new();
    for group in faces.chunk_by(|a, b| a.pores == b.pores) {
        let mut parent: Vec<u32> = (0..group.len() as u32).collect();
        for (k, face) in group.iter().enumerate() {
            around(frame, border, face.voxel as usize, 14..27, |j| {
                if let Ok(other) = group.binary_search_by(|f| f.voxel.cmp(&(j as u32))) {
                    let (a, b) = (root(&mut parent, k as u32), root(&mut parent, other as u32));
                    parent[a.max(b) as usize] = a.min(b);
                }
            });
        }
        let mut widest: Vec<Option<Face>> = vec![None; group.len()];
        for (k, face) in group.iter().enumerate() {
            let held = &mut widest[root(&mut parent, k as u32) as usize];
            if held.is_none_or(|w| face.weight > w.weight) {
                *held = Some(*face);
            }
        }
        let mut pieces: Vec<Face> = widest.into_iter().flatten().collect();
        pieces.sort_by(|a, b| b.weight.total_cmp(&a.weight).then(a.voxel.cmp(&b.voxel)));
        found.extend(pieces.into_iter().enumerate().filter(|(k, f)| *k == 0 || f.weight >= fine).map(|(_, f)| f));
    }
    found
}

/// The neighbours of a voxel with these codes, of the 27 of its neighbourhood: those from 14 on are the half that comes
/// after it.
fn around(frame: &Frame, border: Border, voxel: usize, codes: Range<isize>, mut f: impl FnMut(usize)) {
    let v = frame.voxel(voxel);
    for code in codes {
        let step = [code % 3 - 1, code / 3 % 3 - 1, code / 9 - 1];
        let mut to = [0; 3];
        let mut inside = true;
        for a in 0..3 {
            let n = frame.size[a] as isize;
            let at = v[a] as isize + step[a];
            inside &= border == Border::Periodic || (0..n).contains(&at);
            to[a] = at.rem_euclid(n) as usize;
        }
        if inside {
            f(frame.index(to[0], to[1], to[2]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use proptest::prelude::*;

    const LIMITS: Limits = Limits { memory: 1 << 28 };

    fn network(frame: &Frame, border: Border, weight: &[f32], rim: &Mask, rule: Rule) -> (Network, Basins) {
        let exec = Exec::silent(2).unwrap();
        let basins = Basins::new(frame, border, weight, &LIMITS, &exec).unwrap();
        (Network::new(frame, border, weight, &basins, rim, rule, &exec), basins)
    }

    /// Spheres (centre, radius) and round necks (from, to, radius) in a solid block: at each voxel the radius of the sphere
    /// that fits, as a distance to the nearest wall would give it.
    fn chambers(
        size: [usize; 3],
        balls: &[([f32; 3], f32)],
        necks: &[([f32; 3], [f32; 3], f32)],
    ) -> (Frame, Vec<f32>, Mask) {
        let frame = Frame { size, spacing: [1.0; 3], origin: [0.0; 3] };
        let weight = (0..frame.len())
            .map(|i| {
                let p = frame.voxel(i).map(|c| c as f32);
                let apart = |c: [f32; 3]| (0..3).map(|a| (p[a] - c[a]).powi(2)).sum::<f32>().sqrt();
                let ball = balls.iter().map(|(c, r)| r - apart(*c));
                let neck = necks.iter().map(|(a, b, r)| {
                    let along: [f32; 3] = std::array::from_fn(|k| b[k] - a[k]);
                    let length: f32 = along.iter().map(|c| c * c).sum();
                    let t = ((0..3).map(|k| (p[k] - a[k]) * along[k]).sum::<f32>() / length).clamp(0.0, 1.0);
                    r - apart(std::array::from_fn(|k| a[k] + t * along[k]))
                });
                ball.chain(neck).fold(0.0, f32::max)
            })
            .collect();
        (frame, weight, Mask::full(size).rim())
    }

    #[test]
    fn two_chambers_and_a_neck_are_two_pores_and_a_throat() {
        let (frame, weight, rim) = chambers(
            [60, 30, 30],
            &[([15.0, 14.0, 15.0], 10.0), ([44.0, 14.0, 15.0], 12.0)],
            &[([15.0, 14.0, 15.0], [44.0, 14.0, 15.0], 4.2)],
        );
        let (found, _) = network(&frame, Border::Open, &weight, &rim, Rule::of(&frame));
        let radii: Vec<f32> = found.pores.iter().map(|p| p.radius).collect();
        assert!(found.pores.len() == 2 && radii.contains(&10.0) && radii.contains(&12.0), "{found:?}");
        assert_eq!((found.throats.len(), found.mouths.len()), (1, 0));
        assert!((found.throats[0].radius - 4.2).abs() < 0.5, "{:?}", found.throats);
        let voxels: u64 = found.pores.iter().map(|p| p.voxels).sum();
        assert_eq!(voxels, weight.iter().filter(|w| **w > 0.0).count() as u64);
        // Nothing leads out: both are shut.
        assert_eq!(found.dead_ends(1.0), [true, true]);
    }

    #[test]
    fn two_windows_between_the_same_pores_are_two_throats() {
        let necks = [([15.0, 8.0, 15.0], [44.0, 8.0, 15.0], 3.3), ([15.0, 21.0, 15.0], [44.0, 21.0, 15.0], 4.3)];
        let (frame, weight, rim) =
            chambers([60, 30, 30], &[([15.0, 15.0, 15.0], 12.0), ([44.0, 15.0, 15.0], 12.0)], &necks);
        let (found, _) = network(&frame, Border::Open, &weight, &rim, Rule::of(&frame));
        assert_eq!((found.pores.len(), found.throats.len()), (2, 2), "{found:?}");
        assert!((found.throats[0].radius - 4.3).abs() < 0.5 && (found.throats[1].radius - 3.3).abs() < 0.5);
    }

    #[test]
    fn a_chamber_needs_two_ways_out() {
        // Chamber A opens to the left face, B hangs on it by a neck; then B gets a way out of its own.
        let balls = [([18.0, 15.0, 15.0], 11.0), ([48.0, 15.0, 15.0], 11.0)];
        let left = ([0.0, 15.0, 15.0], [18.0, 15.0, 15.0], 4.3);
        let between = ([18.0, 15.0, 15.0], [48.0, 15.0, 15.0], 5.3);
        let right = ([48.0, 15.0, 15.0], [65.0, 15.0, 15.0], 3.3);
        let dead = |necks: &[([f32; 3], [f32; 3], f32)], least: f32| {
            let (frame, weight, rim) = chambers([66, 31, 31], &balls, necks);
            let (found, _) = network(&frame, Border::Open, &weight, &rim, Rule::of(&frame));
            let dead = found.dead_ends(least);
            let at = |r: [f32; 3]| {
                let k = found.pores.iter().position(|p| frame.voxel(p.peak).map(|c| c as f32) == r);
                dead[k.unwrap_or_else(|| panic!("{:?}", found.pores))]
            };
            [at(balls[0].0), at(balls[1].0)]
        };
        assert_eq!(dead(&[left, between], 2.0), [true, true], "one way out for both");
        assert_eq!(dead(&[left, between, right], 2.0), [false, false], "a way at either end");
        assert_eq!(dead(&[left, between, right], 4.0), [true, true], "the right one is too narrow");
        assert_eq!(dead(&[left, right], 2.0), [true, true], "no neck between them");
    }

    #[test]
    fn a_channel_as_wide_as_its_mouth_is_no_chamber() {
        let (frame, weight, rim) = chambers([50, 21, 21], &[], &[([0.0, 10.0, 10.0], [30.0, 10.0, 10.0], 6.3)]);
        let (found, _) = network(&frame, Border::Open, &weight, &rim, Rule::of(&frame));
        assert_eq!(found.pores.len(), 1);
        assert_eq!(found.dead_ends(3.0), [false]);
        assert_eq!(found.dead_ends(7.0), [true], "too narrow for what has to leave");
    }

    /// Whether a chamber is shut by taking away any one window, by trying each.
    fn dead_by_trying(n: usize, windows: &[[usize; 2]]) -> Vec<bool> {
        let reached = |skip: usize| {
            let mut seen = vec![false; n + 1];
            seen[n] = true;
            loop {
                let mut more = false;
                for (_, [a, b]) in windows.iter().enumerate().filter(|w| w.0 != skip) {
                    if seen[*a] != seen[*b] {
                        (seen[*a], seen[*b]) = (true, true);
                        more = true;
                    }
                }
                if !more {
                    return seen;
                }
            }
        };
        let all: Vec<Vec<bool>> = (0..=windows.len()).map(reached).collect();
        (0..n).map(|p| all.iter().any(|seen| !seen[p])).collect()
    }

    proptest! {
        #[test]
        fn dead_ends_are_those_that_one_window_shuts(
            windows in prop::collection::vec((0..8usize, 0..8usize), 0..14),
        ) {
            // Pore 7 is the outside.
            let windows: Vec<[usize; 2]> = windows.into_iter().map(|(a, b)| [a, b]).filter(|[a, b]| a != b).collect();
            let found = Network {
                pores: vec![Pore { peak: 0, radius: 9.0, voxels: 1 }; 7],
                throats: windows
                    .iter()
                    .filter(|w| !w.contains(&7))
                    .map(|w| Throat { pores: w.map(|p| p as u32), radius: 1.0, voxel: 0 })
                    .collect(),
                mouths: windows
                    .iter()
                    .filter(|w| w.contains(&7))
                    .map(|w| Mouth { pore: w[0].min(w[1]) as u32, radius: 1.0, voxel: 0 })
                    .collect(),
                rule: Rule { ratio: 0.9, slack: 0.0, fine: 0.0 },
                of_basin: Vec::new(),
            };
            prop_assert_eq!(found.dead_ends(0.5), dead_by_trying(7, &windows));
        }

        /// The rule, by trying: pores that remain are joined by no pass that the rule would merge, every voxel belongs to one,
        /// and a throat is the widest pass of its interface, or there is a way round as wide.
        #[test]
        fn what_is_left_apart_keeps_the_rule(
            weight in prop::collection::vec(prop_oneof![Just(0.0f32), 0.1..9.0f32], 6 * 5 * 7),
            periodic in any::<bool>(),
        ) {
            let frame = Frame { size: [6, 5, 7], spacing: [1.0; 3], origin: [0.0; 3] };
            let border = if periodic { Border::Periodic } else { Border::Open };
            let rule = Rule { ratio: 0.7, slack: 0.3, fine: 0.0 };
            let (found, basins) = network(&frame, border, &weight, &Mask::empty(frame.size), rule);
            let of = |i: usize| found.of(&basins, i);
            let mut widest = std::collections::BTreeMap::new();
            for i in 0..frame.len() {
                prop_assert_eq!(of(i).is_some(), weight[i] > 0.0);
                let v = frame.voxel(i);
                for a in 0..3 {
                    let mut w = v;
                    w[a] += 1;
                    if w[a] == frame.size[a] {
                        if !periodic {
                            continue;
                        }
                        w[a] = 0;
                    }
                    let j = frame.index(w[0], w[1], w[2]);
                    if let (Some(p), Some(q)) = (of(i), of(j)) && p != q {
                        let held = widest.entry([p.min(q), p.max(q)]).or_insert(0.0f32);
                        *held = held.max(weight[i].min(weight[j]));
                    }
                }
            }
            for (pair, pass) in &widest {
                let small = pair.map(|p| found.pores[p as usize].radius).into_iter().fold(f32::MAX, f32::min);
                prop_assert!(!rule.joins(small, *pass), "{:?} {} {}", pair, small, pass);
                match found.throats.iter().find(|t| t.pores == *pair && t.radius == *pass) {
                    Some(_) => {}
                    // No window of its own: there is a way round that is as wide.
                    None => {
                        let mut seen = vec![pair[0]];
                        let mut k = 0;
                        while k < seen.len() {
                            let wide = found.throats.iter().filter(|t| t.radius >= *pass && t.pores.contains(&seen[k]));
                            let next: Vec<u32> = wide.flat_map(|t| t.pores).filter(|p| !seen.contains(p)).collect();
                            seen.extend(next);
                            k += 1;
                        }
                        prop_assert!(seen.contains(&pair[1]), "{:?}", pair);
                    }
                }
            }
            prop_assert!(found.throats.iter().all(|t| widest.contains_key(&t.pores)));
            for (p, pore) in found.pores.iter().enumerate() {
                let own = (0..frame.len()).filter(|&i| of(i) == Some(p as u32));
                prop_assert_eq!(own.clone().count() as u64, pore.voxels);
                let highest = own.map(|i| weight[i]).fold(0.0, f32::max);
                prop_assert_eq!(highest, pore.radius);
            }
        }
    }
}
