//! Telling two phases apart in a grey volume, and the surface between them.
//!
//! The threshold is that of Otsu 1979 (doi:10.1109/TSMC.1979.4310076) on a histogram of 1024 bins: it maximises the
//! variance between the classes. A binary volume has no grey levels to place the surface between voxels; there the mask
//! is smoothed, with every voxel held on its own side, so that flat faces stay where they are and slanted ones lose their
//! steps. Smoothing draws the surface of bodies that bend inward (a ball of 8 voxels would lose a tenth of its volume): by how
//! much each voxel is less full than it was is smoothed in turn, twice, and given back.

use super::sharp_edges::{beside, sharp_edges};
use crate::grid::{Border, Levels, Mask};
use crate::limits::{LimitError, Limits};
use crate::parallel::{Exec, rows_by_y};

/// Bins of the histogram.
const BINS: usize = 1024;

/// How far a voxel of a smoothed mask keeps from the surface, out of the whole step of 1.
const HOLD: f32 = 0.02;

/// Times that what was lost is smoothed.
const SPREAD: usize = 2;

/// A threshold and what it parts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Otsu {
    /// The threshold: voxels above it are the bright class.
    pub threshold: f32,
    /// Mean of the dark and of the bright class.
    pub means: [f32; 2],
    /// By how much the threshold may be off: 5 % of the gap between the classes, and what lies between it and the
    /// middle of their medians, for voxels that hold both phases draw the means together.
    pub doubt: f32,
    /// Variance between the classes over the whole variance: 1 when the classes are two values, near 0.64 for one
    /// normal distribution, which has no two classes.
    pub separability: f64,
}

/// Otsu's threshold; `None` when all values are equal.
#[must_use]
pub fn otsu(levels: &Levels) -> Option<Otsu> {
    let (low, high) = levels.range()?;
    if low >= high {
        return None;
    }
    let scale = BINS as f64 / (f64::from(high) - f64::from(low));
    let mut counts = [0u64; BINS];
    let mut sums = [0.0f64; BINS];
    for i in 0..levels.len() {
        let v = f64::from(levels.get(i));
        let bin = (((v - f64::from(low)) * scale) as usize).min(BINS - 1);
        counts[bin] += 1;
        sums[bin] += v;
    }
    let n: u64 = counts.iter().sum();
    let total: f64 = sums.iter().sum();
    let mean = total / n as f64;
    let (mut below, mut sum_below) = (0u64, 0.0);
    let mut best: Option<(f64, usize, usize, [f64; 2])> = None;
    for bin in 0..BINS - 1 {
        below += counts[bin];
        sum_below += sums[bin];
        if below == 0 || below == n {
            continue;
        }
        let (a, b) = (sum_below / below as f64, (total - sum_below) / (n - below) as f64);
        let between = below as f64 * (n - below) as f64 * (b - a) * (b - a);
        match &mut best {
            Some((value, _, last, _)) if between == *value => *last = bin,
            Some((value, ..)) if between < *value => {}
            _ => best = Some((between, bin, bin, [a, b])),
        }
    }
    let (between, first, last, means) = best?;
    let variance: f64 = (0..levels.len()).map(|i| (f64::from(levels.get(i)) - mean).powi(2)).sum();
    // Within an empty stretch of the histogram all thresholds part the classes alike: the one midway between their means,
    // which is where a blurred edge lies.
    let edge = |bin: usize| f64::from(low) + (bin as f64 + 1.0) / scale;
    let threshold = f64::midpoint(means[0], means[1]).clamp(edge(first), edge(last));
    let parted = counts.iter().take(first + 1).sum::<u64>();
    let median = |bins: std::ops::Range<usize>, count: u64| {
        let mut seen = 0;
        let bin = bins.clone().find(|&bin| {
            seen += counts[bin];
            2 * seen >= count
        });
        bin.map_or(threshold, |bin| f64::from(low) + (bin as f64 + 0.5) / scale)
    };
    let middle = f64::midpoint(median(0..first + 1, parted), median(first + 1..BINS, n - parted));
    let doubt = 0.05 * (means[1] - means[0]) + (threshold - middle).abs();
    Some(Otsu {
        threshold: threshold as f32,
        doubt: doubt as f32,
        means: means.map(|m| m as f32),
        separability: between / (n as f64 * variance).max(f64::MIN_POSITIVE),
    })
}

/// A field that is negative in `solid`, positive outside, and zero on a smooth surface between them.
///
/// # Errors
/// When it does not fit the memory budget.
pub fn smooth_field(solid: &Mask, periodic: bool, limits: &Limits, exec: &Exec) -> Result<Vec<f32>, LimitError> {
    let [nx, ny, nz] = solid.size();
    let mut field = limits.try_vec("the smoothed mask", nx * ny * nz, 0.5f32)?;
    exec.chunks(&mut field, nx * ny, |z, plane| {
        for y in 0..ny {
            solid.runs(y, z, |from, to| plane[nx * y + from..nx * y + to].fill(-0.5));
        }
    });
    let size = [nx, ny, nz];
    let border = if periodic { Border::Periodic } else { Border::Open };
    let edges = beside(solid, border, &sharp_edges(border, solid, exec));
    binomial(&mut field, size, periodic, exec);
    let mut lost = limits.try_vec("the smoothed mask", field.len(), 0.0f32)?;
    lost.copy_from_slice(&field);
    binomial(&mut field, size, periodic, exec);
    // Sharp edges are smoothed only once.
    let once = &lost;
    exec.chunks(&mut field, nx * ny, |z, plane| {
        for y in 0..ny {
            edges.runs(y, z, |from, to| {
                let row = nx * y + from..nx * y + to;
                plane[row.clone()].copy_from_slice(&once[nx * ny * z..][row]);
            });
        }
    });
    hold(&mut field, solid, exec);
    // What smoothing took from bodies that bend, it gives back, spread over as much; sharp edges would bulge their faces.
    let now = &field;
    exec.chunks(&mut lost, nx * ny, |z, plane| {
        for (i, lost) in plane.iter_mut().enumerate() {
            let [x, y] = [i % nx, i / nx];
            *lost = if edges.get(x, y, z) {
                0.0
            } else {
                f32::from(u8::from(solid.get(x, y, z))) - share(now, size, periodic, [x, y, z])
            };
        }
    });
    for _ in 0..SPREAD {
        binomial(&mut lost, size, periodic, exec);
    }
    let more = &lost;
    exec.chunks(&mut field, nx * ny, |z, plane| {
        plane.iter_mut().zip(&more[nx * ny * z..]).for_each(|(value, lost)| *value -= lost);
    });
    hold(&mut field, solid, exec);
    Ok(field)
}

/// Keeps every voxel on its own side of the surface.
fn hold(field: &mut [f32], solid: &Mask, exec: &Exec) {
    let [nx, ny, _] = solid.size();
    exec.chunks(field, nx * ny, |z, plane| {
        for (i, value) in plane.iter_mut().enumerate() {
            *value = if solid.get(i % nx, i / nx, z) { value.min(-HOLD) } else { value.max(HOLD) };
        }
    });
}

/// The share of a voxel on the negative side of the surface, taken as a plane.
#[inline]
fn share(field: &[f32], n: [usize; 3], periodic: bool, v: [usize; 3]) -> f32 {
    let stride = [1, n[0], n[0] * n[1]];
    let i = v[0] + stride[1] * v[1] + stride[2] * v[2];
    let rise: f32 = (0..3)
        .map(|a| {
            let up = if v[a] + 1 < n[a] {
                i + stride[a]
            } else if periodic {
                i - stride[a] * (n[a] - 1)
            } else {
                i
            };
            let down = if v[a] > 0 {
                i - stride[a]
            } else if periodic {
                i + stride[a] * (n[a] - 1)
            } else {
                i
            };
            (field[up] - field[down]).abs()
        })
        .sum();
    // Across the voxel the field changes by half of what it does between the neighbours on both sides.
    (0.5 - 2.0 * field[i] / rise.max(1e-6)).clamp(0.0, 1.0)
}

/// Smooths by the weights 1, 2, 1 along each axis.
fn binomial(field: &mut [f32], [nx, ny, _]: [usize; 3], periodic: bool, exec: &Exec) {
    let line = |values: &mut [f32]| {
        let n = values.len();
        let (first, last) = (values[0], values[n - 1]);
        let mut before = if periodic { last } else { first };
        for i in 0..n {
            let own = values[i];
            let after = if i + 1 < n {
                values[i + 1]
            } else if periodic {
                first
            } else {
                last
            };
            values[i] = 0.25 * (before + after) + 0.5 * own;
            before = own;
        }
    };
    exec.chunks(field, nx * ny, |_, plane| {
        plane.chunks_mut(nx).for_each(line);
        across(&mut plane.chunks_mut(nx).collect::<Vec<_>>(), periodic);
    });
    exec.for_each(rows_by_y(field, nx, ny), |_, mut rows| across(&mut rows, periodic));
}

/// The same across rows that lie side by side.
fn across(rows: &mut [&mut [f32]], periodic: bool) {
    let [Some(first), Some(last)] = [rows.first(), rows.last()].map(|row| row.map(|row| row.to_vec())) else { return };
    let (mut before, beyond) = if periodic { (last, first) } else { (first, last) };
    for i in 0..rows.len() {
        let (row, rest) = rows[i..].split_at_mut(1);
        let after: &[f32] = rest.first().map_or(&beyond, |next| &**next);
        for ((value, before), after) in row[0].iter_mut().zip(&mut before).zip(after) {
            let own = *value;
            *value = 0.25 * (*before + after) + 0.5 * own;
            *before = own;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_clear_classes_are_parted_in_the_middle() {
        let values: Vec<u8> = (0..1000).map(|i| if i % 3 == 0 { 200 } else { 40 }).collect();
        let otsu = otsu(&Levels::U8(values)).unwrap();
        assert!((otsu.threshold - 120.0).abs() < 1.0, "{otsu:?}");
        assert!(otsu.separability > 0.999);
        assert_eq!(otsu.means, [40.0, 200.0]);
    }

    #[test]
    fn one_value_has_no_threshold() {
        assert_eq!(otsu(&Levels::U16(vec![7; 50])), None);
    }

    #[test]
    fn flat_faces_do_not_move() {
        let mut solid = Mask::empty([12, 8, 8]);
        for z in 0..8 {
            for y in 0..8 {
                (4..9).for_each(|x| solid.insert(x, y, z));
            }
        }
        let exec = Exec::silent(1).unwrap();
        let field = smooth_field(&solid, false, &Limits { memory: 1 << 20 }, &exec).unwrap();
        let at = |x: usize| field[x + 12 * (4 + 8 * 4)];
        let crossing = |a: usize| a as f32 + at(a) / (at(a) - at(a + 1));
        assert!((crossing(3) - 3.5).abs() < 1e-6 && (crossing(8) - 8.5).abs() < 1e-6);
    }
}
