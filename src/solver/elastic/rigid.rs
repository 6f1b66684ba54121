//! The rigid motions of a body that floats: what nothing holds back, taken out of forces and displacements.
//!
//! Each piece of the body moves by itself: three ways to shift and three to turn about the mean of its nodes. About that
//! point shifts and turns are orthogonal, so the part of a field of forces that moves the piece follows from its sum and its
//! moment, and what is left is in balance. Pieces are told apart by the nodes that their elements share (union–find).

use nalgebra::{Matrix3, Vector3};

use super::level::Level;
use crate::parallel::Exec;
use crate::solver::vector::update;

/// A piece that moves by itself.
#[derive(Clone, Copy, Debug)]
struct Piece {
    nodes: f64,
    middle: Vector3<f64>,
    /// Inverse of Σ (|r|² − r rᵀ).
    inertia: Matrix3<f64>,
}

/// The rigid motions of all pieces.
#[derive(Clone, Debug)]
pub struct Rigid {
    /// Piece of each node.
    piece: Vec<u32>,
    pieces: Vec<Piece>,
    place: Vec<[u16; 3]>,
    side: Vector3<f64>,
}

/// The one that leads a node's piece.
fn leader(forest: &mut [u32], mut node: u32) -> u32 {
    while forest[node as usize] != node {
        forest[node as usize] = forest[forest[node as usize] as usize];
        node = forest[node as usize];
    }
    node
}

impl Rigid {
    /// Of the body on a level whose voxels have these sides.
    #[must_use]
    pub fn new(level: &Level, side: [f64; 3]) -> Self {
        let n = level.place.len();
        let mut forest: Vec<u32> = (0..n as u32).collect();
        for element in &level.elements {
            for node in &element.nodes[1..] {
                let (a, b) = (leader(&mut forest, element.nodes[0]), leader(&mut forest, *node));
                forest[a.max(b) as usize] = a.min(b);
            }
        }
        let mut piece = vec![0u32; n];
        let mut count = 0;
        for node in 0..n as u32 {
            // The lowest node leads, so it has its number already.
            let first = leader(&mut forest, node);
            piece[node as usize] = if first == node { count } else { piece[first as usize] };
            count += u32::from(first == node);
        }
        let none = Piece { nodes: 0.0, middle: Vector3::zeros(), inertia: Matrix3::zeros() };
        let mut rigid =
            Self { piece, pieces: vec![none; count as usize], place: level.place.clone(), side: Vector3::from(side) };
        for node in 0..n {
            let at = rigid.at(node);
            let piece = &mut rigid.pieces[rigid.piece[node] as usize];
            piece.nodes += 1.0;
            piece.middle += at;
        }
        rigid.pieces.iter_mut().for_each(|p| p.middle /= p.nodes);
        for node in 0..n {
            let r = rigid.arm(node);
            let piece = &mut rigid.pieces[rigid.piece[node] as usize];
            piece.inertia += Matrix3::identity() * r.norm_squared() - r * r.transpose();
        }
        // A voxel has eight corners that do not lie on a line, so it resists turning about any axis.
        rigid.pieces.iter_mut().for_each(|p| p.inertia = p.inertia.try_inverse().unwrap_or_default());
        rigid
    }

    /// Where a node lies.
    pub(super) fn at(&self, node: usize) -> Vector3<f64> {
        Vector3::from(self.place[node].map(f64::from)).component_mul(&self.side)
    }

    /// From the middle of its piece to a node.
    fn arm(&self, node: usize) -> Vector3<f64> {
        self.at(node) - self.pieces[self.piece[node] as usize].middle
    }

    /// Takes out of forces or displacements what moves the pieces as a whole.
    pub fn remove(&self, field: &mut [[f64; 3]], exec: &Exec) {
        let mut sums = vec![(Vector3::zeros(), Vector3::zeros()); self.pieces.len()];
        for (node, v) in field.iter().enumerate() {
            let (v, sum) = (Vector3::from(*v), &mut sums[self.piece[node] as usize]);
            sum.0 += v;
            sum.1 += self.arm(node).cross(&v);
        }
        let motions: Vec<(Vector3<f64>, Vector3<f64>)> =
            sums.iter().zip(&self.pieces).map(|((sum, moment), p)| (sum / p.nodes, p.inertia * moment)).collect();
        update(field, exec, |from, block| {
            for (i, v) in block.iter_mut().enumerate() {
                let (shift, turn) = motions[self.piece[from + i] as usize];
                let moved = shift + turn.cross(&self.arm(from + i));
                *v = std::array::from_fn(|c| v[c] - moved[c]);
            }
        });
    }
}
