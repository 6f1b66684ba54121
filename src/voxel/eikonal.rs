//! Ways through a set of voxels: how far it is from sources to each voxel along paths that stay in the set.
//!
//! The lengths solve |∇T| = 1 in the set, with T given at the sources. They are found by fast marching (Sethian 1996,
//! doi:10.1073/pnas.93.4.1591): the voxel with the least tentative length is settled, and its neighbours are solved for
//! again from their settled ones. Differences are one-sided, of second order where two settled neighbours lie in a row
//! (Sethian 1999, doi:10.1137/S0036144598347059), else of first; an axis that would break the order of settling is left
//! out. Plane fronts along an axis are exact; round a point the error is below 1 % at 20 voxels (test).
//!
//! O(voxels · log front), one thread: the order of settling is that of the lengths and, between equals, of the indices.
//! 4 bytes and a bit a voxel, and 8 for each entry of the front. Steps go across faces (6-connected).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::grid::{Border, Frame, Mask};
use crate::limits::{LimitError, Limits};
use crate::parallel::Exec;

/// Voxels that are settled between two looks at whether the run was cancelled.
const BETWEEN_LOOKS: usize = 1 << 16;

/// How far it is to each voxel of `set` from the sources, voxels each with its own length, in µm; infinite where no way
/// leads and where it is longer than `most`. Sources keep their lengths, and may lie outside of the set.
///
/// # Errors
/// When the lengths do not fit the memory budget.
pub fn ways(
    frame: &Frame,
    border: Border,
    set: &Mask,
    sources: impl IntoIterator<Item = (usize, f32)>,
    most: f32,
    limits: &Limits,
    exec: &Exec,
) -> Result<Vec<f32>, LimitError> {
    let mut march = March {
        frame: *frame,
        border,
        length: limits.try_vec("the ways through the void", frame.len(), f32::INFINITY)?,
        settled: Mask::empty(frame.size),
    };
    // Lengths are not negative, and such floats order as their bits.
    let mut front: BinaryHeap<Reverse<(u32, u32)>> = BinaryHeap::new();
    for (voxel, length) in sources {
        let length = length.max(0.0);
        if length < march.length[voxel] {
            march.length[voxel] = length;
            let [x, y, z] = frame.voxel(voxel);
            march.settled.insert(x, y, z);
            front.push(Reverse((length.to_bits(), voxel as u32)));
        }
    }
    let mut count = 0;
    while let Some(Reverse((bits, voxel))) = front.pop() {
        // Found shorter since.
        if march.length[voxel as usize].to_bits() != bits {
            continue;
        }
        let [x, y, z] = frame.voxel(voxel as usize);
        count += 1;
        if count % BETWEEN_LOOKS == 0 && exec.checkpoint().is_err() {
            break;
        }
        march.settled.insert(x, y, z);
        for axis in 0..3 {
            for up in [false, true] {
                let Some(next) = march.beside([x, y, z], axis, up) else { continue };
                if !set.get(next[0], next[1], next[2]) || march.settled.get(next[0], next[1], next[2]) {
                    continue;
                }
                // Rounding must not let a voxel come before the one that it was reached from.
                let length = (march.solve(next) as f32).max(f32::from_bits(bits));
                let i = frame.index(next[0], next[1], next[2]);
                if length < march.length[i] && length <= most {
                    march.length[i] = length;
                    front.push(Reverse((length.to_bits(), i as u32)));
                }
            }
        }
    }
    Ok(march.length)
}

/// What one axis says about a voxel: α (T − β)² of the squared slope, from a neighbour of length `from` on.
#[derive(Clone, Copy, Default)]
struct Term {
    from: f64,
    alpha: f64,
    beta: f64,
}

struct March {
    frame: Frame,
    border: Border,
    length: Vec<f32>,
    settled: Mask,
}

impl March {
    /// The neighbour along an axis, if there is one.
    fn beside(&self, mut voxel: [usize; 3], axis: usize, up: bool) -> Option<[usize; 3]> {
        let n = self.frame.size[axis];
        voxel[axis] = match (up, voxel[axis], self.border) {
            (true, c, _) if c + 1 < n => c + 1,
            (false, c, _) if c > 0 => c - 1,
            (true, _, Border::Periodic) => 0,
            (false, _, Border::Periodic) => n - 1,
            _ => return None,
        };
        Some(voxel)
    }

    /// Length at a voxel if it is settled.
    fn known(&self, voxel: [usize; 3]) -> Option<f64> {
        let [x, y, z] = voxel;
        self.settled.get(x, y, z).then(|| f64::from(self.length[self.frame.index(x, y, z)]))
    }

    /// The term of an axis: from the nearer of both settled neighbours, and the one behind it where that is nearer yet.
    fn term(&self, voxel: [usize; 3], axis: usize) -> Option<Term> {
        let h = self.frame.spacing[axis];
        [false, true]
            .into_iter()
            .filter_map(|up| {
                let next = self.beside(voxel, axis, up)?;
                let from = self.known(next)?;
                let behind = self.beside(next, axis, up).and_then(|v| self.known(v)).filter(|b| *b <= from);
                Some(match behind {
                    Some(behind) => Term { from, alpha: 2.25 / (h * h), beta: (4.0 * from - behind) / 3.0 },
                    None => Term { from, alpha: 1.0 / (h * h), beta: from },
                })
            })
            .min_by(|a, b| a.from.total_cmp(&b.from))
    }

    /// Length at a voxel from its settled neighbours.
    fn solve(&self, voxel: [usize; 3]) -> f64 {
        let mut terms = [Term::default(); 3];
        let mut count = 0;
        for term in (0..3).filter_map(|axis| self.term(voxel, axis)) {
            terms[count] = term;
            count += 1;
        }
        terms[..count].sort_by(|a, b| a.from.total_cmp(&b.from));
        for used in (1..=count).rev() {
            let sum = |f: &dyn Fn(&Term) -> f64| terms[..used].iter().map(f).sum::<f64>();
            let (a, b) = (sum(&|t| t.alpha), sum(&|t| t.alpha * t.beta));
            let root = b * b - a * (sum(&|t| t.alpha * t.beta * t.beta) - 1.0);
            if root >= 0.0 {
                let length = (b + root.sqrt()) / a;
                if length >= terms[used - 1].from {
                    return length;
                }
            }
        }
        f64::INFINITY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn march(frame: &Frame, border: Border, set: &Mask, sources: &[(usize, f32)], most: f32) -> Vec<f32> {
        let limits = Limits { memory: 1 << 30 };
        ways(frame, border, set, sources.iter().copied(), most, &limits, &Exec::silent(1).unwrap()).unwrap()
    }

    #[test]
    fn from_a_point_it_is_the_distance_and_finer_is_nearer() {
        let worst = |n: usize| {
            let h = 120.0 / n as f64;
            let frame = Frame { size: [n; 3], spacing: [h, 1.1 * h, 0.8 * h], origin: [0.0; 3] };
            let middle = frame.index(n / 2, n / 2, n / 2);
            let centre = frame.centre(frame.voxel(middle));
            let distance = |i: usize| {
                let p = frame.centre(frame.voxel(i));
                (0..3).map(|a| (p[a] - centre[a]).powi(2)).sum::<f64>().sqrt()
            };
            // A ball round the point is given, for the slope at the point itself has no direction.
            let ball = |&i: &usize| distance(i) < 15.0;
            let sources: Vec<(usize, f32)> = (0..frame.len()).filter(ball).map(|i| (i, distance(i) as f32)).collect();
            let far = march(&frame, Border::Open, &Mask::full(frame.size), &sources, f32::INFINITY);
            (0..frame.len())
                .filter(|&i| distance(i) > 40.0)
                .map(|i| (f64::from(far[i]) / distance(i) - 1.0).abs())
                .fold(0.0, f64::max)
        };
        let (coarse, fine) = (worst(30), worst(60));
        assert!(fine < 0.01 && fine < coarse / 1.5, "{coarse} then {fine}");
    }

    #[test]
    fn plane_fronts_are_exact_and_end_at_the_most() {
        let frame = Frame { size: [4, 3, 40], spacing: [2.0, 3.0, 5.0], origin: [0.0; 3] };
        let sources: Vec<(usize, f32)> = (0..12).map(|i| (i, 2.5)).collect();
        let length = march(&frame, Border::Open, &Mask::full(frame.size), &sources, 100.0);
        for (i, l) in length.iter().enumerate() {
            let truth = 2.5 + 5.0 * frame.voxel(i)[2] as f32;
            assert!(if truth <= 100.0 { (l - truth).abs() < 1e-3 } else { l.is_infinite() }, "{i}: {l}");
        }
    }

    #[test]
    fn ways_go_round_walls_and_round_a_periodic_cell() {
        // A wall across y = 10 with a gap at x < 3: the way to the far corner bends round the end of the wall.
        let frame = Frame { size: [40, 40, 1], spacing: [1.0; 3], origin: [0.0; 3] };
        let mut set = Mask::full(frame.size);
        (3..40).for_each(|x| set.remove(x, 10, 0));
        let start = frame.index(39, 0, 0);
        let length = march(&frame, Border::Open, &set, &[(start, 0.0)], f32::INFINITY);
        let truth = (37.0f64.hypot(9.5) + 37.0f64.hypot(29.5)) as f32;
        let got = length[frame.index(39, 39, 0)];
        assert!((got / truth - 1.0).abs() < 0.03, "{got} against {truth}");
        assert!(length[frame.index(20, 10, 0)].is_infinite());
        let row = Frame { size: [20, 1, 1], spacing: [1.0; 3], origin: [0.0; 3] };
        let round = march(&row, Border::Periodic, &Mask::full(row.size), &[(0, 0.0)], f32::INFINITY);
        assert_eq!((round[19], round[10]), (1.0, 10.0));
    }
}
