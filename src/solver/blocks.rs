//! What the blocks of a [`Conductor`] say of its solution, without the detail within them: a linear, symmetric correction
//! to be added where something else looks after the detail.
//!
//! Values are summed over the aggregates of 2 × 2 × 2 voxels, the graph of these is solved by a fixed cycle, and each voxel
//! gets what its aggregate got. The conductor itself is not kept: about 20 bytes a voxel.

use super::aggregate::{Hierarchy, NONE};
use super::conductor::Conductor;
use super::multigrid::{Cycle, Work, solve};
use super::vector::update;
use crate::parallel::Exec;

/// The correction.
#[derive(Clone, Debug)]
pub struct Blocks {
    /// Number of voxels in two planes.
    slab: usize,
    hierarchy: Hierarchy,
    work: Vec<Work>,
}

impl Blocks {
    /// Of the blocks of `fine`.
    #[must_use]
    pub fn new(fine: &Conductor, exec: &Exec) -> Self {
        let hierarchy = Hierarchy::new(fine, exec);
        Self { slab: 2 * fine.size[0] * fine.size[1], work: Work::of(&hierarchy, Cycle::Fixed), hierarchy }
    }

    /// z + scale · A⁻¹ r into z, as far as blocks go.
    pub fn add(&mut self, scale: f32, r: &[f32], z: &mut [f32], exec: &Exec) {
        let Self { slab, hierarchy, work } = self;
        // The aggregates of two planes lie side by side.
        let (aggregate, first) = (&hierarchy.aggregate, &hierarchy.slabs);
        exec.for_each(hierarchy.slabs_of(&mut work[0].b), |s, sums| {
            sums.fill(0.0);
            let voxels = s * *slab..r.len().min((s + 1) * *slab);
            for (to, r) in aggregate[voxels.clone()].iter().zip(&r[voxels]) {
                if *to != NONE {
                    sums[(*to - first[s]) as usize] += r;
                }
            }
        });
        solve(&hierarchy.graphs, hierarchy.last.as_ref(), Cycle::Fixed, work, exec);
        let found = &work[0].x;
        update(z, exec, |from, piece| {
            for (z, to) in piece.iter_mut().zip(&aggregate[from..]) {
                if *to != NONE {
                    *z += scale * found[*to as usize];
                }
            }
        });
    }
}
