//! Slabs: which balls reach which slab of planes, and where their images lie.
//!
//! What writes into a field by balls does so slab by slab, each with the balls that reach it, in falling order of a key: so
//! slabs are sorted and written in parallel, and the result does not depend on the threads. 4 bytes for each ball and slab
//! that it reaches, 5 in a periodic frame, and 12 more while its slab is written.

use super::ridge::Ball;
use crate::grid::{Border, Frame};
use crate::limits::{LimitError, Limits};

/// Balls that are read ahead: they lie all over the memory, and the processor fetches many at a time.
const AHEAD: usize = 16;

/// For each slab the balls that reach it.
pub(super) struct Slabs {
    extent: [f64; 3],
    images: &'static [f64],
    slack: f64,
    /// Where the list of each slab begins.
    starts: Vec<usize>,
    lists: Vec<u32>,
    /// For each item the image along z; empty where there is but one.
    shifts: Vec<i8>,
}

/// Where the images of a ball may lie, in extents of the frame.
pub(super) const fn images(border: Border) -> &'static [f64] {
    match border {
        Border::Periodic => &[0.0, -1.0, 1.0],
        Border::Open => &[0.0],
    }
}

impl Slabs {
    /// Of `balls` those to `keep`, each with what lies up to `slack` (µm) beyond it; slabs of so many `planes`.
    ///
    /// # Errors
    /// When the lists do not fit the memory budget.
    pub(super) fn new(
        frame: &Frame,
        border: Border,
        slack: f64,
        planes: usize,
        balls: &[Ball],
        keep: impl Fn(usize) -> bool,
        limits: &Limits,
    ) -> Result<Self, LimitError> {
        let Frame { size: [_, _, nz], spacing: h, .. } = *frame;
        let (extent, images) = (frame.extent(), images(border));
        let each = |f: &mut dyn FnMut(u32, f64, usize, usize)| {
            for (b, ball) in balls.iter().enumerate().filter(|(b, _)| keep(*b)) {
                for &image in images {
                    let c = f64::from(ball.centre[2]) + image * extent[2];
                    let r = f64::from(ball.radius) + slack;
                    let low = ((c - r) / h[2]).ceil().max(0.0);
                    let high = ((c + r) / h[2]).floor().min(nz as f64 - 1.0);
                    if low <= high {
                        f(b as u32, image, low as usize / planes, high as usize / planes);
                    }
                }
            }
        };
        let mut starts = vec![0usize; nz.div_ceil(planes) + 1];
        each(&mut |_, _, from, to| starts[from + 1..=to + 1].iter_mut().for_each(|n| *n += 1));
        let mut sum = 0;
        starts.iter_mut().for_each(|n| {
            sum += *n;
            *n = sum;
        });
        let mut lists = limits.try_vec("the balls of each slab", sum, 0u32)?;
        let mut shifts = limits.try_vec("the balls of each slab", if images.len() > 1 { sum } else { 0 }, 0i8)?;
        let mut next = starts.clone();
        each(&mut |b, image, from, to| {
            for slot in &mut next[from..=to] {
                lists[*slot] = b;
                if let Some(shift) = shifts.get_mut(*slot) {
                    *shift = image as i8;
                }
                *slot += 1;
            }
        });
        Ok(Self { extent, images, slack, starts, lists, shifts })
    }

    /// Calls `f` with each ball that reaches a slab, the greatest key first, of equals the largest and then the first: its
    /// number, its centre or that of its image, and its radius with the slack. Keys are positive.
    pub(super) fn falling(
        &self,
        slab: usize,
        balls: &[Ball],
        key: impl Fn(usize) -> f32,
        mut f: impl FnMut(u32, [f64; 3], f64),
    ) {
        let first = self.starts[slab];
        let list = &self.lists[first..self.starts[slab + 1]];
        // Positive floats order as their bits.
        let inverted = |b: u32| (!key(b as usize).to_bits(), !balls[b as usize].radius.to_bits());
        let mut order: Vec<((u32, u32), u32)> = list.iter().zip(0..).map(|(&b, k)| (inverted(b), k)).collect();
        order.sort_unstable();
        let mut ahead = [([0.0f32; 3], 0.0f32); AHEAD];
        for items in order.chunks(AHEAD) {
            for (slot, (_, k)) in ahead.iter_mut().zip(items) {
                let ball = &balls[list[*k as usize] as usize];
                *slot = (ball.centre, ball.radius);
            }
            for ((_, k), (centre, radius)) in items.iter().zip(ahead) {
                let [x, y, z] = centre.map(f64::from);
                let r = f64::from(radius) + self.slack;
                let z = z + self.shifts.get(first + *k as usize).map_or(0.0, |&i| f64::from(i)) * self.extent[2];
                for &ix in self.images {
                    for &iy in self.images {
                        let (x, y) = (x + ix * self.extent[0], y + iy * self.extent[1]);
                        if x + r >= 0.0 && x - r <= self.extent[0] && y + r >= 0.0 && y - r <= self.extent[1] {
                            f(list[*k as usize], [x, y, z], r);
                        }
                    }
                }
            }
        }
    }
}
