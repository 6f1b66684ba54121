//! Telling two phases apart in a grey volume, and the surface between them.
//!
//! The threshold is that of Otsu 1979 (doi:10.1109/TSMC.1979.4310076) on a histogram of 1024 bins: it maximises the
//! variance between the classes. A binary volume has no grey levels to place the surface between voxels; there the mask
//! is smoothed a little, with every voxel held on its own side, so that flat faces stay where they are and slanted ones
//! lose their steps.

use crate::grid::{Levels, Mask};
use crate::limits::{LimitError, Limits};
use crate::parallel::Exec;

/// Bins of the histogram.
const BINS: usize = 1024;

/// How far a voxel of a smoothed mask keeps from the surface, out of the whole step of 1.
const HOLD: f32 = 0.06;

/// A threshold and what it parts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Otsu {
    /// The threshold: voxels above it are the bright class.
    pub threshold: f32,
    /// Mean of the dark and of the bright class.
    pub means: [f32; 2],
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
    // In the middle of an empty stretch of the histogram, so that a few stray voxels do not move it.
    let threshold = f64::from(low) + (usize::midpoint(first, last) as f64 + 1.0) / scale;
    Some(Otsu {
        threshold: threshold as f32,
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
    let mut field = limits.try_vec("the smoothed mask", nx * ny * nz, 0.0f32)?;
    exec.chunks(&mut field, nx * ny, |z, plane| {
        // Binomial weights 1, 2, 1 along each axis.
        let wrap = |i: usize, d: isize, n: usize| {
            let j = i as isize + d;
            if periodic { j.rem_euclid(n as isize) as usize } else { j.clamp(0, n as isize - 1) as usize }
        };
        let mut line = vec![0i32; nx];
        for y in 0..ny {
            line.iter_mut().for_each(|v| *v = 0);
            for dz in -1..=1 {
                for dy in -1..=1 {
                    let weight = (2 - i32::abs(dz as i32)) * (2 - i32::abs(dy as i32));
                    let (oy, oz) = (wrap(y, dy, ny), wrap(z, dz, nz));
                    for (x, value) in line.iter_mut().enumerate() {
                        *value += weight * i32::from(solid.get(x, oy, oz));
                    }
                }
            }
            for x in 0..nx {
                let sum = line[wrap(x, -1, nx)] + 2 * line[x] + line[wrap(x, 1, nx)];
                let smooth = 0.5 - sum as f32 / 64.0;
                plane[x + nx * y] = if solid.get(x, y, z) { smooth.min(-HOLD) } else { smooth.max(HOLD) };
            }
        }
    });
    Ok(field)
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
