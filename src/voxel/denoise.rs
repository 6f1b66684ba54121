//! Light filters against the noise of a scan, before its phases are told apart.
//!
//! - Median of the 3 × 3 × 3 voxels around each: takes single wrong voxels away and leaves flat edges where they are;
//!   edges of radius R move inward by about h²/R, and struts under two voxels are lost.
//! - Gaussian of a standard deviation σ in voxels, cut off at 3 σ and normalised, axis by axis: takes away more noise of
//!   every kind, and blurs edges by σ; the surface of radius R moves inward by about σ²/R for a ball, half of that for a
//!   cylinder.
//!
//! Both work in voxels, whatever these measure. Beyond the grid the outermost voxels go on. The median sorts each column
//! of nine once and merges three of them: O(27) a voxel. The Gaussian is O(18 σ) a voxel and makes 4 bytes of each.

use crate::grid::Levels;
use crate::limits::{LimitError, Limits};
use crate::parallel::{Exec, rows_by_y};

/// The widest Gaussian, in voxels: what is wider than this hides the walls that are to be measured.
pub const WIDEST: f32 = 5.0;

/// A filter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Filter {
    /// Median of 3 × 3 × 3 voxels.
    Median,
    /// Gaussian with this standard deviation in voxels.
    Gaussian(f32),
}

/// The levels filtered.
///
/// # Errors
/// When they do not fit the memory budget.
pub fn denoise(
    levels: Levels,
    size: [usize; 3],
    filter: Filter,
    limits: &Limits,
    exec: &Exec,
) -> Result<Levels, LimitError> {
    let count = levels.len();
    match filter {
        Filter::Median => Ok(match levels {
            Levels::U8(v) => Levels::U8(median(&v, size, limits.try_vec("the filtered volume", count, 0)?, exec)),
            Levels::U16(v) => Levels::U16(median(&v, size, limits.try_vec("the filtered volume", count, 0)?, exec)),
            Levels::F32(v) => Levels::F32(median(&v, size, limits.try_vec("the filtered volume", count, 0.0)?, exec)),
        }),
        Filter::Gaussian(sigma) => {
            let mut values = match levels {
                Levels::F32(values) => values,
                levels => {
                    let mut values = limits.try_vec("the filtered volume", count, 0.0f32)?;
                    values.iter_mut().enumerate().for_each(|(i, v)| *v = levels.get(i));
                    values
                }
            };
            gaussian(&mut values, size, sigma, exec);
            Ok(Levels::F32(values))
        }
    }
}

/// Medians of `values`, written to `out`.
fn median<T: Copy + PartialOrd + Send + Sync>(
    values: &[T],
    [nx, ny, nz]: [usize; 3],
    mut out: Vec<T>,
    exec: &Exec,
) -> Vec<T> {
    exec.chunks(&mut out, nx * ny, |z, plane| {
        for (y, row) in plane.chunks_mut(nx).enumerate() {
            let near = |k: usize, at: usize, n: usize| (at + k).saturating_sub(1).min(n - 1);
            let rows: [&[T]; 9] = std::array::from_fn(|k| {
                let from = nx * (near(k % 3, y, ny) + ny * near(k / 3, z, nz));
                &values[from..from + nx]
            });
            let column = |x: usize| sorted(rows.map(|r| r[x.min(nx - 1)]));
            let mut columns = [column(0), column(0), column(1)];
            for (x, value) in row.iter_mut().enumerate() {
                *value = middle(&columns);
                columns = [columns[1], columns[2], column(x + 2)];
            }
        }
    });
    out
}

/// Nine values in rising order.
fn sorted<T: Copy + PartialOrd>(mut values: [T; 9]) -> [T; 9] {
    for i in 1..9 {
        let own = values[i];
        let mut at = i;
        while at > 0 && values[at - 1] > own {
            values[at] = values[at - 1];
            at -= 1;
        }
        values[at] = own;
    }
    values
}

/// The middle of 27 values that come in three rising columns.
fn middle<T: Copy + PartialOrd>([a, b, c]: &[[T; 9]; 3]) -> T {
    let mut at = [0usize; 3];
    let mut least = a[0];
    for _ in 0..14 {
        let heads = [a.get(at[0]), b.get(at[1]), c.get(at[2])];
        let mut from = None;
        for (k, head) in heads.into_iter().enumerate() {
            if let Some(&head) = head
                && from.is_none_or(|(_, value)| head < value)
            {
                from = Some((k, head));
            }
        }
        if let Some((k, value)) = from {
            at[k] += 1;
            least = value;
        }
    }
    least
}

/// Half of a kernel that adds up to 1: the weight of the voxel itself, and of those to either side.
fn kernel(sigma: f32) -> Vec<f32> {
    let sigma = f64::from(sigma);
    let reach = (3.0 * sigma).ceil() as usize;
    let weights: Vec<f64> = (0..=reach).map(|k| (-0.5 * (k as f64 / sigma).powi(2)).exp()).collect();
    let sum = weights[0] + 2.0 * weights[1..].iter().sum::<f64>();
    weights.iter().map(|w| (w / sum) as f32).collect()
}

/// Smooths along x, y and z.
fn gaussian(values: &mut [f32], [nx, ny, nz]: [usize; 3], sigma: f32, exec: &Exec) {
    let weights = kernel(sigma);
    let reach = weights.len() - 1;
    exec.chunks(values, nx * ny, |_, plane| {
        let mut line = vec![0.0; nx + 2 * reach];
        for row in plane.chunks_mut(nx) {
            line[..reach].fill(row[0]);
            line[reach..reach + nx].copy_from_slice(row);
            line[reach + nx..].fill(row[nx - 1]);
            for (x, value) in row.iter_mut().enumerate() {
                let own = x + reach;
                *value = weights[0] * line[own];
                for (k, w) in weights.iter().enumerate().skip(1) {
                    *value += w * (line[own - k] + line[own + k]);
                }
            }
        }
        let rows: Vec<&mut [f32]> = plane.chunks_mut(nx).collect();
        across(rows, &weights);
    });
    exec.for_each(rows_by_y(values, nx, ny), |_, rows| {
        debug_assert_eq!(rows.len(), nz);
        across(rows, &weights);
    });
}

/// Smooths across rows: each becomes the weighted sum of its neighbours.
fn across(mut rows: Vec<&mut [f32]>, weights: &[f32]) {
    let old: Vec<Vec<f32>> = rows.iter().map(|r| r.to_vec()).collect();
    let last = old.len() - 1;
    for (at, row) in rows.iter_mut().enumerate() {
        row.iter_mut().zip(&old[at]).for_each(|(value, own)| *value = weights[0] * own);
        for (k, w) in weights.iter().enumerate().skip(1) {
            let (before, after) = (&old[at.saturating_sub(k)], &old[(at + k).min(last)]);
            row.iter_mut().zip(before.iter().zip(after)).for_each(|(value, (a, b))| *value += w * (a + b));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { memory: 1 << 24 };

    fn noise(count: usize, seed: u64) -> Vec<u16> {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        (0..count)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                (state >> 30) as u16
            })
            .collect()
    }

    /// The value of a place, or of the nearest one in the grid.
    fn held(values: &[u16], [nx, ny, nz]: [usize; 3], [x, y, z]: [i64; 3]) -> u16 {
        let near = |c: i64, n: usize| c.clamp(0, n as i64 - 1) as usize;
        values[near(x, nx) + nx * (near(y, ny) + ny * near(z, nz))]
    }

    #[test]
    fn medians_are_those_of_sorted_neighbours_at_any_number_of_threads() {
        for (seed, size) in [(1, [7, 5, 6]), (2, [1, 1, 1]), (3, [2, 9, 1]), (4, [1, 3, 4])] {
            let values = noise(size.iter().product(), seed);
            let truth: Vec<u16> = (0..values.len())
                .map(|i| {
                    let own = [i % size[0], i / size[0] % size[1], i / (size[0] * size[1])].map(|c| c as i64);
                    let mut around: Vec<u16> = (0..27i64)
                        .map(|k| held(&values, size, [own[0] + k % 3 - 1, own[1] + k / 3 % 3 - 1, own[2] + k / 9 - 1]))
                        .collect();
                    around.sort_unstable();
                    around[13]
                })
                .collect();
            for threads in [1, 3] {
                let exec = Exec::silent(threads).unwrap();
                let wide = Levels::F32(values.iter().map(|v| f32::from(*v)).collect());
                let out = denoise(Levels::U16(values.clone()), size, Filter::Median, &LIMITS, &exec).unwrap();
                assert_eq!(out, Levels::U16(truth.clone()), "{size:?}");
                let out = denoise(wide, size, Filter::Median, &LIMITS, &exec).unwrap();
                assert_eq!(out, Levels::F32(truth.iter().map(|v| f32::from(*v)).collect()), "{size:?}");
            }
        }
    }

    #[test]
    fn a_gaussian_is_the_sum_over_all_neighbours_and_keeps_what_is_even() {
        let size = [9, 6, 7];
        let values = noise(size.iter().product(), 5);
        let (sigma, reach) = (0.8f64, 3i64);
        let weight = |k: i64| (-0.5 * (k as f64 / sigma).powi(2)).exp();
        let sum: f64 = (-reach..=reach).map(weight).sum();
        let exec = Exec::silent(2).unwrap();
        let out = denoise(Levels::U16(values.clone()), size, Filter::Gaussian(0.8), &LIMITS, &exec).unwrap();
        for i in 0..values.len() {
            let own = [i % 9, i / 9 % 6, i / 54].map(|c| c as i64);
            let mut truth = 0.0;
            for (u, v) in (-reach..=reach).flat_map(|u| (-reach..=reach).map(move |v| (u, v))) {
                for w in -reach..=reach {
                    let weight = weight(u) * weight(v) * weight(w) / sum.powi(3);
                    truth += weight * f64::from(held(&values, size, [own[0] + u, own[1] + v, own[2] + w]));
                }
            }
            assert!((f64::from(out.get(i)) - truth).abs() < 0.01, "{i}: {} {truth}", out.get(i));
        }
        let even = denoise(Levels::U8(vec![93; 60]), [3, 4, 5], Filter::Gaussian(2.0), &LIMITS, &exec).unwrap();
        assert!((0..60).all(|i| (even.get(i) - 93.0).abs() < 1e-4));
        let small = Limits { memory: 100 };
        assert!(denoise(Levels::U8(vec![0; 60]), [3, 4, 5], Filter::Gaussian(1.0), &small, &exec).is_err());
    }
}
