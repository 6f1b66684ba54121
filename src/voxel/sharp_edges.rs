//! Straight sharp edges of a set of voxels: where two flat faces along the grid meet at a right angle.
//!
//! A surface that is smoothed over steps, as those of slanted and round walls have to be, cuts the edges of a bar off as if
//! they were steps. An edge is told from a step by what it joins: both faces go on straight for three voxels from it, and
//! so does the edge itself; of a step one face is a voxel or two wide. (Round bodies of up to seven voxels have faces of
//! three, and may pass for square ones.)
//!
//! Hollow edges count as well. Beyond an open grid its outermost voxels go on. O(voxels of the surface).

use crate::grid::{Border, Mask};
use crate::parallel::Exec;

/// Voxels that faces and edge have to go on for, the edge's own included.
const STRAIGHT: isize = 3;

/// One voxel's length of an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SharpEdge {
    /// The axis that it runs along.
    pub axis: usize,
    /// The voxel at it that is not in the set, or one of them.
    pub outside: [usize; 3],
    /// The voxel that is alone of its kind round it.
    corner: [isize; 3],
    /// From there across its two faces.
    toward: [isize; 2],
}

/// The voxels within two of sharp edges, a part of the set and of the rest.
#[must_use]
pub fn beside(mask: &Mask, border: Border, edges: &[SharpEdge]) -> Mask {
    let set = Set { mask, border };
    let mut near = Mask::empty(mask.size());
    for edge in edges {
        let [_, p, q] = AXES[edge.axis];
        for i in -1..=2 {
            for j in -1..=2 {
                let mut v = edge.corner;
                v[p] += i * edge.toward[0];
                v[q] += j * edge.toward[1];
                let [x, y, z] = set.place(v);
                near.insert(x, y, z);
            }
        }
    }
    near
}

/// For each axis that axis and the two others.
const AXES: [[usize; 3]; 3] = [[0, 1, 2], [1, 0, 2], [2, 0, 1]];

/// What lies where in a set.
struct Set<'a> {
    mask: &'a Mask,
    border: Border,
}

impl Set<'_> {
    fn place(&self, v: [isize; 3]) -> [usize; 3] {
        let size = self.mask.size();
        std::array::from_fn(|a| match self.border {
            Border::Periodic => v[a].rem_euclid(size[a] as isize) as usize,
            Border::Open => v[a].clamp(0, size[a] as isize - 1) as usize,
        })
    }

    fn holds(&self, v: [isize; 3]) -> bool {
        let [x, y, z] = self.place(v);
        self.mask.get(x, y, z)
    }

    /// The voxels of a row that have a neighbour of the other kind across a face, as bits.
    fn rim(&self, y: usize, z: usize) -> Vec<u64> {
        let [nx, ny, nz] = self.mask.size();
        let own = self.mask.row(y, z);
        let beside = |i: usize, n: usize| match (self.border, i) {
            (Border::Periodic, i) => [(i + n - 1) % n, (i + 1) % n],
            (Border::Open, i) => [i.saturating_sub(1), (i + 1).min(n - 1)],
        };
        let [[below, above], [before, behind]] = [beside(y, ny), beside(z, nz)];
        let rows =
            [self.mask.row(below, z), self.mask.row(above, z), self.mask.row(y, before), self.mask.row(y, behind)];
        let bit = |x: usize| own[x / 64] >> (x % 64) & 1;
        let (left_of_first, right_of_last) = (bit(beside(0, nx)[0]), bit(beside(nx - 1, nx)[1]));
        (0..own.len())
            .map(|k| {
                let left = own[k] << 1 | if k > 0 { own[k - 1] >> 63 } else { left_of_first };
                let mut right = own[k] >> 1 | own.get(k + 1).map_or(0, |next| next << 63);
                let mut valid = u64::MAX;
                if k == (nx - 1) / 64 {
                    let end = (nx - 1) % 64;
                    right = right & !(1 << end) | right_of_last << end;
                    valid >>= 63 - end;
                }
                let differ = rows.iter().fold((own[k] ^ left) | (own[k] ^ right), |d, row| d | (own[k] ^ row[k]));
                differ & valid
            })
            .collect()
    }
}

/// The sharp edges of `mask`, in an order that does not depend on the threads.
#[must_use]
pub fn sharp_edges(border: Border, mask: &Mask, exec: &Exec) -> Vec<SharpEdge> {
    let [_, ny, nz] = mask.size();
    let set = Set { mask, border };
    let planes = exec.map(nz, |z| {
        let mut edges = Vec::new();
        for y in 0..ny {
            for (k, mut word) in set.rim(y, z).into_iter().enumerate() {
                while word != 0 {
                    let x = 64 * k + word.trailing_zeros() as usize;
                    word &= word - 1;
                    at_voxel(&set, [x, y, z], &mut edges);
                }
            }
        }
        edges
    });
    planes.concat()
}

/// The edges in whose corner a voxel lies: it alone of the four voxels round the edge is of its kind.
fn at_voxel(set: &Set<'_>, voxel: [usize; 3], edges: &mut Vec<SharpEdge>) {
    let v = voxel.map(|i| i as isize);
    let own = set.holds(v);
    // A voxel `k` steps along the edge, and so far along the normals of its two faces.
    let same = |axes: [usize; 3], k: isize, steps: [isize; 2]| {
        let mut w = v;
        w[axes[0]] += k;
        w[axes[1]] += steps[0];
        w[axes[2]] += steps[1];
        set.holds(w) == own
    };
    for axes in AXES {
        for [p, q] in [[-1, -1], [1, -1], [-1, 1], [1, 1]] {
            let corner = |k: isize| {
                same(axes, k, [0, 0]) && !same(axes, k, [p, 0]) && !same(axes, k, [0, q]) && !same(axes, k, [p, q])
            };
            let flat = || {
                (1..STRAIGHT).all(|k| {
                    same(axes, 0, [0, -k * q])
                        && !same(axes, 0, [p, -k * q])
                        && same(axes, 0, [-k * p, 0])
                        && !same(axes, 0, [-k * p, q])
                })
            };
            let goes_on = || (1 - STRAIGHT..=0).any(|first| (first..first + STRAIGHT).all(corner));
            if corner(0) && flat() && goes_on() {
                let mut beyond = v;
                beyond[axes[1]] += p;
                let outside = if own { set.place(beyond) } else { voxel };
                edges.push(SharpEdge { axis: axes[0], outside, corner: v, toward: [p, q] });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Frame;

    fn mask(size: [usize; 3], inside: impl Fn([f64; 3]) -> bool) -> Mask {
        let frame = Frame { size, spacing: [1.0; 3], origin: [0.5; 3] };
        let mut mask = Mask::empty(size);
        for v in (0..frame.len()).map(|i| frame.voxel(i)).filter(|v| inside(frame.centre(*v))) {
            mask.insert(v[0], v[1], v[2]);
        }
        mask
    }

    fn lengths(found: &[SharpEdge]) -> [usize; 3] {
        std::array::from_fn(|a| found.iter().filter(|e| e.axis == a).count())
    }

    #[test]
    fn blocks_and_hollows_have_twelve_edges_of_their_sides() {
        let exec = Exec::silent(2).unwrap();
        let sides = [3, 5, 66];
        let inside = |p: [f64; 3]| (0..3).all(|a| p[a] > 4.0 && p[a] < (4 + sides[a]) as f64);
        let block = mask([70, 14, 75], inside);
        let mut hollow = Mask::full(block.size());
        hollow.subtract(&block);
        for set in [&block, &hollow] {
            for border in [Border::Open, Border::Periodic] {
                let found = sharp_edges(border, set, &exec);
                assert_eq!(lengths(&found), sides.map(|s| 4 * s));
                assert!(found.iter().all(|e| !set.get(e.outside[0], e.outside[1], e.outside[2])));
                assert_eq!(found, sharp_edges(border, set, &Exec::silent(1).unwrap()));
            }
        }
        // A bar that the faces of the grid cut goes on beyond them, or round.
        let bar = mask([20, 11, 20], |p| p[0] < 6.0 && p[2] > 5.0 && p[2] < 9.0);
        assert_eq!(lengths(&sharp_edges(Border::Open, &bar, &exec)), [0, 2 * 11, 0]);
        assert_eq!(lengths(&sharp_edges(Border::Periodic, &bar, &exec)), [0, 4 * 11, 0]);
    }

    #[test]
    fn steps_of_balls_rods_and_slopes_are_no_edges() {
        let exec = Exec::silent(2).unwrap();
        let middle = [20.3, 19.9, 20.6];
        for d in [8.0, 9.7, 12.0, 16.0, 24.3, 32.0] {
            for flat in [3, 0, 1, 2] {
                // A ball, and rods along each axis.
                let round = mask([40; 3], |p| {
                    (0..3).filter(|a| *a != flat).map(|a| (p[a] - middle[a]).powi(2)).sum::<f64>().sqrt() < d / 2.0
                });
                assert_eq!(sharp_edges(Border::Open, &round, &exec), [], "{d} {flat}");
            }
        }
        for slope in [0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0] {
            let wall = mask([40; 3], |p| (p[2] - 20.0 - slope * (p[0] - 20.0)).abs() < 6.0);
            assert_eq!(sharp_edges(Border::Open, &wall, &exec), [], "{slope}");
        }
    }
}
