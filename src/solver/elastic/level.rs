//! One level of the elastic problem: nodes, elements and their stiffness, worked on node by node.
//!
//! Only voxels with solid have elements, only their corners are nodes. Every node gathers from the up to eight elements
//! around it, so that threads never write to the same place. On the finest level all elements share one matrix, scaled by
//! the solid share of the voxel; on coarse levels equal elements share theirs. Bytes: 40 an element, 50 a node, 4 a grid
//! point, 3 kB a different coarse matrix.

use super::brick::{DOFS, Stiffness};
use crate::parallel::Exec;
use crate::solver::vector::{Real, update};

/// No node, no element.
pub const NONE: u32 = u32::MAX;

/// What is held at the faces of the grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// Nothing: the grid repeats itself.
    Periodic,
    /// The displacement along this axis, on the two faces across it: plates without friction.
    Plates(usize),
    /// Every displacement, on all faces.
    All,
    /// Nothing: the body floats, and may be loaded by forces in balance alone.
    Free,
}

/// Rows of a matrix for each corner: the three rows, padded to four, column by column.
pub type Rows<T> = [[[T; 4]; DOFS]; 8];

/// A matrix as rows by corner.
#[must_use]
pub fn rows<T: Real>(matrix: &Stiffness) -> Rows<T> {
    std::array::from_fn(|k| {
        std::array::from_fn(|j| {
            std::array::from_fn(|c| if c < 3 { T::narrow(matrix[(3 * k + c, j)]) } else { T::default() })
        })
    })
}

/// An element.
#[derive(Clone, Copy, Debug)]
pub struct Element {
    /// Its corners.
    pub nodes: [u32; 8],
    /// Its matrix.
    pub matrix: u32,
    /// What the matrix is multiplied by.
    pub scale: f32,
}

/// A level.
#[derive(Clone, Debug)]
pub struct Level {
    /// Voxels of the grid.
    pub cells: [usize; 3],
    /// What is held.
    pub hold: Hold,
    /// Node of each grid point.
    pub node_of: Vec<u32>,
    /// Grid point of each node.
    pub place: Vec<[u16; 3]>,
    /// Element that has the node as its corner k.
    around: Vec<[u32; 8]>,
    /// The elements.
    pub elements: Vec<Element>,
    /// Voxel of each element.
    pub voxel: Vec<u32>,
    /// The matrices.
    pub matrices: Vec<Rows<f32>>,
    /// Reciprocal of the diagonal; 0 for what is held.
    pub inverse: Vec<[f32; 3]>,
}

impl Level {
    /// Grid points along each axis.
    #[must_use]
    pub fn points(&self) -> [usize; 3] {
        self.cells.map(|n| if self.hold == Hold::Periodic { n } else { n + 1 })
    }

    /// A level with an element in each of the voxels, of this matrix and scale; voxels in rising order.
    #[must_use]
    pub fn new(
        cells: [usize; 3],
        hold: Hold,
        voxels: Vec<(u32, u32, f32)>,
        matrices: Vec<Rows<f32>>,
        exec: &Exec,
    ) -> Self {
        let mut level = Self {
            cells,
            hold,
            node_of: Vec::new(),
            place: Vec::new(),
            around: Vec::new(),
            elements: Vec::new(),
            voxel: voxels.iter().map(|v| v.0).collect(),
            matrices,
            inverse: Vec::new(),
        };
        let p = level.points();
        let corner = |voxel: u32, k: usize| {
            let i = voxel as usize;
            let v = [i % cells[0], i / cells[0] % cells[1], i / (cells[0] * cells[1])];
            let q: [usize; 3] = std::array::from_fn(|a| (v[a] + (k >> a & 1)) % p[a]);
            q[0] + p[0] * (q[1] + p[1] * q[2])
        };
        level.node_of = vec![NONE; p.iter().product()];
        for (voxel, _, _) in &voxels {
            (0..8).for_each(|k| level.node_of[corner(*voxel, k)] = 0);
        }
        let mut count = 0;
        for (i, node) in level.node_of.iter_mut().enumerate().filter(|(_, node)| **node != NONE) {
            *node = count;
            count += 1;
            level.place.push([i % p[0], i / p[0] % p[1], i / (p[0] * p[1])].map(|v| v as u16));
        }
        level.around = vec![[NONE; 8]; count as usize];
        for (e, (voxel, matrix, scale)) in voxels.into_iter().enumerate() {
            let nodes: [u32; 8] = std::array::from_fn(|k| level.node_of[corner(voxel, k)]);
            for (k, node) in nodes.iter().enumerate() {
                level.around[*node as usize][k] = e as u32;
            }
            level.elements.push(Element { nodes, matrix, scale });
        }
        let mut inverse = vec![[0.0f32; 3]; count as usize];
        update(&mut inverse, exec, |from, piece| {
            for (i, inverse) in piece.iter_mut().enumerate() {
                let n = from + i;
                let mut sum = [0.0f32; 3];
                for (k, e) in level.around[n].iter().enumerate().filter(|(_, e)| **e != NONE) {
                    let element = &level.elements[*e as usize];
                    for (c, sum) in sum.iter_mut().enumerate() {
                        *sum += element.scale * level.matrices[element.matrix as usize][k][3 * k + c][c];
                    }
                }
                *inverse = std::array::from_fn(|c| if level.held(n, c) || sum[c] <= 0.0 { 0.0 } else { 1.0 / sum[c] });
            }
        });
        level.inverse = inverse;
        level
    }

    /// Whether a displacement is held.
    #[must_use]
    pub fn held(&self, node: usize, axis: usize) -> bool {
        let on = |a: usize| {
            let at = usize::from(self.place[node][a]);
            at == 0 || at == self.cells[a]
        };
        match self.hold {
            Hold::Periodic | Hold::Free => false,
            Hold::Plates(a) => a == axis && on(a),
            Hold::All => (0..3).any(on),
        }
    }

    /// Entry `n` of K·u, with these matrices. Loops over fixed counts by index: this is where the time goes.
    #[inline]
    pub fn entry<T: Real + std::ops::Mul<Output = T> + std::ops::AddAssign>(
        &self,
        matrices: &[Rows<T>],
        u: &[[T; 3]],
        n: usize,
    ) -> [T; 3] {
        let mut total = [T::default(); 4];
        let around = &self.around[n];
        for k in 0..8 {
            if around[k] == NONE {
                continue;
            }
            let element = &self.elements[around[k] as usize];
            let columns = &matrices[element.matrix as usize][k];
            // Four sums side by side: none has to wait for the one before.
            let mut sums = [[T::default(); 4]; 4];
            for half in [0, 4] {
                for (r, sum) in sums.iter_mut().enumerate() {
                    let q = half + r;
                    let v = u[element.nodes[q] as usize];
                    for j in 0..3 {
                        let column = &columns[3 * q + j];
                        for c in 0..4 {
                            sum[c] += column[c] * v[j];
                        }
                    }
                }
            }
            let scale = T::narrow(f64::from(element.scale));
            let [mut sum, b, c, d] = sums;
            for k in 0..4 {
                sum[k] += b[k];
                sum[k] += c[k];
                sum[k] += d[k];
                total[k] += scale * sum[k];
            }
        }
        [total[0], total[1], total[2]]
    }

    /// K·u, 0 for what is held.
    pub fn apply<T: Real + std::ops::Mul<Output = T> + std::ops::AddAssign>(
        &self,
        matrices: &[Rows<T>],
        u: &[[T; 3]],
        out: &mut [[T; 3]],
        exec: &Exec,
    ) {
        update(out, exec, |from, piece| {
            for (i, out) in piece.iter_mut().enumerate() {
                let n = from + i;
                let all = self.entry(matrices, u, n);
                *out = std::array::from_fn(|c| if self.inverse[n][c] == 0.0 { T::default() } else { all[c] });
            }
        });
    }
}
