//! Sampling: what figures of a small sample say about what it was cut out of.
//!
//! Fewer than five pores (median diameters) across any axis are few. The box of the sample is then cut into eight blocks,
//! halves along every axis, and a figure is taken in each. The standard error of their mean is s/√8, with s the standard
//! deviation over the blocks; the sampling uncertainty is the half-width of its 95 % interval (Student's t). A design
//! whose blocks are alike has none, however few its pores.
//!
//! The blocks of one painting take 2 ns a voxel; of a path as long as the path of the whole.

use super::figure::Figures;
use crate::design::{Finding, Severity, Study};
use crate::grid::{Border, Frame, Mask};
use crate::mesh::V3;
use crate::parallel::Exec;
use crate::units::{Length, significant};
use crate::voxel::paint::BARE;
use crate::voxel::passage::{Goal, widest_passage};
use crate::voxel::thickness::Cover;

/// Pores across an axis below which a sample is small.
const FEW: f64 = 5.0;

/// Student's t for 95 % by degrees of freedom, from 2 to 7.
const STUDENT: [f64; 6] = [4.303, 3.182, 2.776, 2.571, 2.447, 2.365];

/// How many pores of this diameter lie across each axis, where they are few across any; `None` where they are not, and of
/// an endless pattern.
pub(super) fn pores_across(study: &Study<'_>, d50: f64) -> Option<[f64; 3]> {
    let body = &study.envelope.body;
    few(study, body.high - body.low, d50)
}

/// The same of a part of the design of this size.
pub(super) fn few(study: &Study<'_>, extent: V3, d50: f64) -> Option<[f64; 3]> {
    if study.field.border == Border::Periodic || d50 <= 0.0 {
        return None;
    }
    let across = extent / d50;
    (across.min() < FEW).then_some([across.x, across.y, across.z])
}

/// Says that a sample is small.
pub(super) fn tell(across: [f64; 3], d50: f64, out: &mut Figures) {
    let axis = (0..3).min_by(|&a, &b| across[a].total_cmp(&across[b])).unwrap_or(0);
    out.findings.push(Finding::new(
        "sample.small",
        Severity::Info,
        format!(
            "only {} pores of {} across {}: sizes and paths carry what eight parts of the sample differ by; a larger sample, \
             or one cell with --periodic, settles them",
            significant(across[axis], 2),
            Length::from_um(d50),
            ["x", "y", "z"][axis]
        ),
    ));
}

/// Half-width of the interval of the mean over blocks; `None` with fewer than three.
pub(super) fn half_width(values: &[f64]) -> Option<f64> {
    let n = values.len();
    let t = *STUDENT.get(n.checked_sub(3)?)?;
    let mean = values.iter().sum::<f64>() / n as f64;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n as f64 - 1.0);
    Some(t * (variance / n as f64).sqrt())
}

/// Adds the sampling uncertainty to a figure.
pub(super) fn widen(out: &mut Figures, id: &str, by: Option<f64>) {
    if let (Some(by), Some(figure)) = (by.filter(|by| *by > 0.0), out.figures.get_mut(id)) {
        figure.floor += by;
        figure.sampling += by;
        figure.method.push_str("; with the sampling uncertainty from eight sub-blocks");
    }
}

/// A part of a grid.
#[derive(Clone, Copy)]
struct Block {
    first: [usize; 3],
    size: [usize; 3],
}

/// The eight blocks, fewer where the grid is a voxel wide.
fn blocks(frame: &Frame) -> Vec<Block> {
    (0..8usize)
        .map(|k| {
            let half = |a: usize| {
                let middle = frame.size[a] / 2;
                if k >> a & 1 == 0 { (0, middle) } else { (middle, frame.size[a] - middle) }
            };
            let [x, y, z] = [half(0), half(1), half(2)];
            Block { first: [x.0, y.0, z.0], size: [x.1, y.1, z.1] }
        })
        .filter(|block| block.size.iter().all(|n| *n > 0))
        .collect()
}

/// For each block the number of voxels that each ball of a painting covers in it.
pub(super) fn counts(study: &Study<'_>, cover: &Cover<'_>, exec: &Exec) -> Vec<Vec<u32>> {
    let frame = study.frame();
    let balls = cover.balls().count();
    let blocks = blocks(frame);
    exec.map(blocks.len(), |b| {
        let Block { first, size } = blocks[b];
        let mut counts = vec![0u32; balls];
        for z in first[2]..first[2] + size[2] {
            for y in first[1]..first[1] + size[1] {
                let row = &cover.owner[frame.index(first[0], y, z)..][..size[0]];
                row.iter().filter(|owner| **owner != BARE).for_each(|owner| counts[*owner as usize] += 1);
            }
        }
        counts
    })
}

/// The diameter of the widest path along an axis in each block; its ends are the block's, and those of the whole (`sides`).
pub(super) fn paths(
    frame: &Frame,
    weights: &[f32],
    sides: [&Mask; 2],
    region: &Mask,
    axis: usize,
    exec: &Exec,
) -> Vec<f64> {
    let found = blocks(frame).into_iter().map(|Block { first, size }| {
        let part = Frame { size, spacing: frame.spacing, origin: frame.centre(first) };
        let mut ends = [Mask::empty(size), Mask::empty(size)];
        let last = first[axis] + size[axis] - 1;
        let (to_x, voxel) = (first[0] + size[0], |i: usize, a: usize| i - first[a]);
        for z in first[2]..first[2] + size[2] {
            for y in first[1]..first[1] + size[1] {
                let mut put = |end: usize, from: usize, to: usize| {
                    let (from, to) = (from.max(first[0]), to.min(to_x));
                    if from < to {
                        ends[end].insert_run(voxel(y, 1), voxel(z, 2), from - first[0], to - first[0]);
                    }
                };
                for (end, side) in sides.iter().enumerate() {
                    side.runs(y, z, |from, to| put(end, from, to));
                }
                for (end, at) in [first[axis], last].into_iter().enumerate() {
                    region.runs(y, z, |from, to| match axis {
                        0 => put(end, from.max(at), to.min(at + 1)),
                        1 if y == at => put(end, from, to),
                        2 if z == at => put(end, from, to),
                        _ => {}
                    });
                }
            }
        }
        let mut inside = Vec::with_capacity(part.len());
        for z in first[2]..first[2] + size[2] {
            for y in first[1]..first[1] + size[1] {
                inside.extend_from_slice(&weights[frame.index(first[0], y, z)..][..size[0]]);
            }
        }
        let goal = Goal::Between(&ends[0], &ends[1]);
        widest_passage(&part, Border::Open, &inside, goal, exec).map_or(0.0, |p| 2.0 * f64::from(p.radius))
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_holds_the_mean_nineteen_times_in_twenty() {
        let mut random = 0x9E37_79B9_7F4A_7C15u64;
        let mut next = move || {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            (random >> 11) as f64 / (1u64 << 53) as f64
        };
        let mut held = 0;
        for _ in 0..4000 {
            // Sums of twelve even numbers are nearly normal, with mean 6.
            let values: Vec<f64> = (0..8).map(|_| (0..12).map(|_| next()).sum()).collect();
            let mean = values.iter().sum::<f64>() / 8.0;
            held += u32::from((mean - 6.0).abs() <= half_width(&values).unwrap());
        }
        // Binomial: 3800 ± 14.
        assert!((3755..3845).contains(&held), "{held}");
        assert_eq!(half_width(&[1.0, 2.0]), None);
        assert_eq!(half_width(&[3.0; 8]), Some(0.0));
    }

    #[test]
    fn blocks_share_the_grid() {
        let frame = Frame { size: [7, 4, 5], spacing: [1.0; 3], origin: [0.0; 3] };
        let voxels: usize = blocks(&frame).iter().map(|b| b.size.iter().product::<usize>()).sum();
        assert_eq!(voxels, frame.len());
        assert_eq!(blocks(&Frame { size: [7, 1, 5], ..frame }).len(), 4);
    }

    #[test]
    fn paths_of_blocks_are_their_own() {
        // Weight 2 everywhere, a wall with a hole of weight 1 across x in the block at the origin.
        let frame = Frame { size: [12, 10, 8], spacing: [1.0; 3], origin: [0.0; 3] };
        let mut weights = vec![2.0; frame.len()];
        for i in (0..5 * 4).map(|i| frame.index(3, i % 5, i / 5)) {
            weights[i] = if i == frame.index(3, 2, 1) { 1.0 } else { 0.0 };
        }
        let none = Mask::empty(frame.size);
        let exec = Exec::silent(2).unwrap();
        let found = paths(&frame, &weights, [&none, &none], &Mask::full(frame.size), 0, &exec);
        assert_eq!(found, [2.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0]);
        let across = paths(&frame, &weights, [&none, &none], &Mask::full(frame.size), 1, &exec);
        assert_eq!(across, [4.0; 8]);
    }
}
