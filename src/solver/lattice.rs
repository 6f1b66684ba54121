//! A grid of values that all conduct alike to their six neighbours and are 0 beyond walls: the viscous forces on one
//! component of a velocity, and coarser grids of the same.
//!
//! (A u)ᵢ = Σ w (uᵢ − uⱼ) + dᵢ uᵢ over all neighbours on the grid, those that take no part being 0. All that is known of
//! the walls lies in the diagonal, so that a row is worked on in one pass. 4 bytes a value.

use crate::parallel::Exec;

/// The operator.
#[derive(Clone, Debug)]
pub struct Lattice {
    /// Number of values along x, y, z.
    pub size: [usize; 3],
    /// Whether the grid repeats itself.
    pub wrap: bool,
    /// Conductance between neighbours along each axis.
    pub weight: [f32; 3],
    /// The axis whose first and last planes stand for half as much as others, and conduct half as well within themselves.
    pub halved: Option<usize>,
    /// Sum of the conductances and losses of each value; 0 where it takes no part.
    pub diagonal: Vec<f32>,
}

/// A row and what lies beside it.
struct Row<'a> {
    own: &'a [f32],
    /// Below and above along y, below and above along z; the row itself where there is none.
    beside: [&'a [f32]; 4],
    diagonal: &'a [f32],
    weight: [f32; 3],
    /// Conductance to the neighbours across the row.
    across: f32,
}

impl Lattice {
    /// Index of the first value of a row.
    #[inline]
    fn at(&self, y: usize, z: usize) -> usize {
        self.size[0] * (y + self.size[1] * z)
    }

    /// The neighbour along an axis, where there is one.
    #[must_use]
    #[inline]
    pub fn beside(&self, i: usize, axis: usize, up: bool) -> Option<usize> {
        let n = self.size[axis];
        match (up, i) {
            (true, i) if i + 1 < n => Some(i + 1),
            (false, i) if i > 0 => Some(i - 1),
            _ if !self.wrap => None,
            (true, _) => Some(0),
            (false, _) => Some(n - 1),
        }
    }

    /// Conductances at a place: along an axis that is not the halved one they are half as large on its ends.
    #[must_use]
    pub fn weight_at(&self, v: [usize; 3]) -> [f32; 3] {
        let mut weight = self.weight;
        if let Some(a) = self.halved.filter(|a| v[*a] == 0 || v[*a] + 1 == self.size[*a]) {
            (0..3).filter(|c| *c != a).for_each(|c| weight[c] *= 0.5);
        }
        weight
    }

    fn row_of<'a>(&'a self, u: &'a [f32], y: usize, z: usize) -> Row<'a> {
        let nx = self.size[0];
        let here = self.at(y, z);
        let of = |at: usize| &u[at..at + nx];
        // The ends along x are looked at value by value.
        let weight = if self.halved == Some(0) { self.weight } else { self.weight_at([0, y, z]) };
        let mut across = 0.0;
        let mut beside = [of(here); 4];
        for (k, row) in beside.iter_mut().enumerate() {
            let (axis, up) = (1 + k / 2, k % 2 == 1);
            if let Some(other) = self.beside([y, z][axis - 1], axis, up) {
                *row = of(if axis == 1 { self.at(other, z) } else { self.at(y, other) });
                across += weight[axis];
            }
        }
        Row { own: of(here), beside, diagonal: &self.diagonal[here..here + nx], weight, across }
    }

    /// The row (y, z) of A·u, into `out`; 0 where a value takes no part. These are 0 in `u` too.
    pub fn row(&self, u: &[f32], y: usize, z: usize, out: &mut [f32]) {
        let nx = self.size[0];
        let row = self.row_of(u, y, z);
        if nx > 2 {
            row.inner(&mut out[1..nx - 1]);
        }
        let ends = [0, nx - 1];
        for k in &ends[..nx.min(2)] {
            out[*k] = self.end(&row, *k);
        }
    }

    /// A value at an end of a row.
    fn end(&self, row: &Row<'_>, k: usize) -> f32 {
        if row.diagonal[k] <= 0.0 {
            return 0.0;
        }
        let half = if self.halved == Some(0) { 0.5 } else { 1.0 };
        let [wx, wy, wz] = row.weight;
        let c = row.own[k];
        let [a, b, d, e] = row.beside.map(|r| c - r[k]);
        let mut along = row.across * half;
        let mut sum = half * (wy * (a + b) + wz * (d + e));
        for up in [false, true] {
            if let Some(j) = self.beside(k, 0, up) {
                sum += wx * (c - row.own[j]);
                along += wx;
            }
        }
        sum + (row.diagonal[k] - along) * c
    }

    /// A·u, into `out`.
    pub fn apply(&self, u: &[f32], out: &mut [f32], exec: &Exec) {
        let [nx, ny, _] = self.size;
        exec.chunks(out, nx * ny, |z, plane| {
            for (y, row) in plane.chunks_mut(nx).enumerate() {
                self.row(u, y, z, row);
            }
        });
    }
}

impl Row<'_> {
    /// All but the ends.
    #[inline]
    fn inner(&self, out: &mut [f32]) {
        let n = out.len();
        let [wx, wy, wz] = self.weight;
        let around = self.across + 2.0 * wx;
        let (low, own, high) = (&self.own[..n], &self.own[1..=n], &self.own[2..n + 2]);
        let [a, b, c, e] = self.beside.map(|r| &r[1..=n]);
        let d = &self.diagonal[1..=n];
        for k in 0..n {
            let u = own[k];
            let x = (u - low[k]) + (u - high[k]);
            let y = (u - a[k]) + (u - b[k]);
            let z = (u - c[k]) + (u - e[k]);
            let sum = wx * x + wy * y + wz * z + (d[k] - around) * u;
            out[k] = if d[k] > 0.0 { sum } else { 0.0 };
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A lattice with some values out of it and losses beside them.
    pub(in crate::solver) fn random(size: [usize; 3], wrap: bool, halved: Option<usize>) -> Lattice {
        let len = size.iter().product();
        let mut lattice = Lattice { size, wrap, weight: [1.0, 0.5, 2.0], halved, diagonal: vec![1.0; len] };
        let mut state = 7u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1u64 << 24) as f32
        };
        let open: Vec<bool> = (0..len).map(|_| next() > 0.3).collect();
        for i in 0..len {
            let v = [i % size[0], i / size[0] % size[1], i / (size[0] * size[1])];
            let around: f32 = links(&lattice, v).iter().map(|(_, w)| w).sum();
            lattice.diagonal[i] = if open[i] { around + 3.0 * next() } else { 0.0 };
        }
        lattice
    }

    /// The neighbours of a value and the conductances to them.
    fn links(lattice: &Lattice, v: [usize; 3]) -> Vec<(usize, f32)> {
        let [nx, ny, _] = lattice.size;
        let mut found = Vec::new();
        for axis in 0..3 {
            for up in [false, true] {
                if let Some(j) = lattice.beside(v[axis], axis, up) {
                    let mut w = v;
                    w[axis] = j;
                    found.push((w[0] + nx * (w[1] + ny * w[2]), lattice.weight_at(v)[axis]));
                }
            }
        }
        found
    }

    #[test]
    fn rows_are_the_diagonal_less_the_neighbours() {
        let exec = Exec::silent(2).unwrap();
        for (size, wrap, halved) in [
            ([5, 4, 3], true, None),
            ([6, 5, 4], false, Some(0)),
            ([5, 3, 4], false, Some(1)),
            ([4, 4, 5], false, Some(2)),
            ([1, 2, 3], true, None),
        ] {
            let lattice = random(size, wrap, halved);
            let u: Vec<f32> = lattice
                .diagonal
                .iter()
                .enumerate()
                .map(|(i, d)| if *d > 0.0 { (i as f32).sin() } else { 0.0 })
                .collect();
            let mut out = vec![9.0; u.len()];
            lattice.apply(&u, &mut out, &exec);
            for (i, d) in lattice.diagonal.iter().enumerate() {
                let v = [i % size[0], i / size[0] % size[1], i / (size[0] * size[1])];
                let truth: f32 = d * u[i] - links(&lattice, v).iter().map(|(j, w)| w * u[*j]).sum::<f32>();
                assert!((out[i] - if *d > 0.0 { truth } else { 0.0 }).abs() < 1e-5, "{size:?} {i}");
            }
        }
    }
}
