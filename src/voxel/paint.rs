//! Painting balls: the first ball of an ordered list that covers each voxel.
//!
//! Balls are painted in their order into the voxels that are still bare, so each voxel is written once. Bare voxels are
//! bits, a word for each brick of 4³ voxels, and are counted for each tile of 16³, so that a ball passes over finished
//! bricks and tiles at once. Slabs
//! along z are painted in parallel, each with the balls that reach it, in the same order: the result does not depend on
//! the threads. O(voxels + balls · bricks that still have bare voxels).

use super::ridge::Ball;
use crate::grid::{Border, Frame, Mask};
use crate::limits::{LimitError, Limits};
use crate::parallel::Exec;

/// Edge of a brick, whose bare voxels are the bits of a word.
const BRICK: usize = 4;

/// Planes of a slab, and edge of a tile in it.
const SLAB: usize = 4 * BRICK;

/// A voxel that no ball covers.
pub const BARE: u32 = u32::MAX;

/// Paints `balls` in the given `order` into the voxels of `target`: for each voxel the index of its ball in `balls`.
/// `owner` says what is painted already; voxels that have an owner keep it.
///
/// # Errors
/// When the lists do not fit the memory budget.
pub fn paint(
    frame: &Frame,
    border: Border,
    balls: &[Ball],
    order: &[u32],
    target: &Mask,
    owner: &mut [u32],
    limits: &Limits,
    exec: &Exec,
) -> Result<(), LimitError> {
    let [nx, ny, nz] = frame.size;
    let h = frame.spacing;
    let extent = frame.extent();
    let slabs = nz.div_ceil(SLAB);
    let images: &[f64] = if border == Border::Periodic { &[0.0, -1.0, 1.0] } else { &[0.0] };
    // Which balls reach which slab, as (ball, image along z), in order.
    let slab_range = |b: &Ball, image: f64| {
        let c = f64::from(b.centre[2]) + image * extent[2];
        let low = ((c - f64::from(b.radius)) / h[2]).ceil().max(0.0);
        let high = ((c + f64::from(b.radius)) / h[2]).floor().min(nz as f64 - 1.0);
        (low <= high).then_some((low as usize / SLAB, high as usize / SLAB))
    };
    let mut starts = vec![0usize; slabs + 1];
    for &b in order {
        for &image in images {
            if let Some((from, to)) = slab_range(&balls[b as usize], image) {
                starts[from + 1..=to + 1].iter_mut().for_each(|n| *n += 1);
            }
        }
    }
    for s in 0..slabs {
        starts[s + 1] += starts[s];
    }
    let mut lists = limits.try_vec("the balls of each slab", starts[slabs], (0u32, 0i8))?;
    let mut next = starts.clone();
    for &b in order {
        for &image in images {
            if let Some((from, to)) = slab_range(&balls[b as usize], image) {
                for slot in &mut next[from..=to] {
                    lists[*slot] = (b, image as i8);
                    *slot += 1;
                }
            }
        }
    }
    exec.chunks(owner, nx * ny * SLAB, |slab, owner| {
        let mut canvas = Canvas::new(frame, target, slab, owner);
        for &(b, image) in &lists[starts[slab]..starts[slab + 1]] {
            let ball = &balls[b as usize];
            let c: [f64; 3] = ball.centre.map(f64::from);
            let r = f64::from(ball.radius);
            for &ix in images {
                let x = c[0] + ix * extent[0];
                if x + r < 0.0 || x - r > extent[0] {
                    continue;
                }
                for &iy in images {
                    let y = c[1] + iy * extent[1];
                    if y + r < 0.0 || y - r > extent[1] {
                        continue;
                    }
                    canvas.ball(b, [x, y, c[2] + f64::from(image) * extent[2]], r);
                }
            }
        }
    });
    Ok(())
}

/// The whole numbers from `low` to `high` that are indices below `n`.
#[inline]
fn span(low: f64, high: f64, n: usize) -> Option<(usize, usize)> {
    if high < 0.0 || n == 0 {
        return None;
    }
    // Rounded by hand: on processors without the instruction `ceil` and `floor` are calls.
    let from = if low <= 0.0 {
        0
    } else {
        let whole = low as usize;
        whole + usize::from((whole as f64) < low)
    };
    let to = (high as usize).min(n - 1);
    (from <= to).then_some((from, to))
}

/// The bare voxels of a slab: a word for each brick of 4 × 4 × 4 voxels, and how many there are in each tile.
struct Canvas<'a> {
    size: [usize; 3],
    h: [f64; 3],
    /// Voxels per µm.
    per: [f64; 3],
    first: usize,
    /// Number of bricks along each axis.
    bricks: [usize; 3],
    bare: Vec<u64>,
    /// Number of tiles along x.
    tiles: usize,
    left: Vec<u32>,
    owner: &'a mut [u32],
}

impl<'a> Canvas<'a> {
    fn new(frame: &Frame, target: &Mask, slab: usize, owner: &'a mut [u32]) -> Self {
        let [nx, ny, nz] = frame.size;
        let first = slab * SLAB;
        let planes = SLAB.min(nz - first);
        let bricks = [nx.div_ceil(BRICK), ny.div_ceil(BRICK), planes.div_ceil(BRICK)];
        let tiles = nx.div_ceil(SLAB);
        let mut canvas = Self {
            size: [nx, ny, planes],
            h: frame.spacing,
            per: frame.spacing.map(|h| 1.0 / h),
            first,
            bricks,
            bare: vec![0; bricks.iter().product()],
            tiles,
            left: vec![0; tiles * ny.div_ceil(SLAB)],
            owner,
        };
        for z in 0..planes {
            for y in 0..ny {
                target.runs(y, z + first, |from, to| {
                    for x in from..to {
                        if canvas.owner[x + nx * (y + ny * z)] == BARE {
                            let brick = x / BRICK + bricks[0] * (y / BRICK + bricks[1] * (z / BRICK));
                            canvas.bare[brick] |= 1 << (x % BRICK + BRICK * (y % BRICK) + BRICK * BRICK * (z % BRICK));
                            canvas.left[x / SLAB + tiles * (y / SLAB)] += 1;
                        }
                    }
                });
            }
        }
        canvas
    }

    fn ball(&mut self, id: u32, centre: [f64; 3], r: f64) {
        let [nx, ny, planes] = self.size;
        // A hair wider, so that a voxel on the sphere belongs to the ball that touches it.
        let r = r * (1.0 + 1e-6);
        let reach = |a: usize, first: f64, n: usize| {
            span((centre[a] - r) * self.per[a] - first, (centre[a] + r) * self.per[a] - first, n)
        };
        let (Some((x0, x1)), Some((y0, y1)), Some((z0, z1))) =
            (reach(0, 0.0, nx), reach(1, 0.0, ny), reach(2, self.first as f64, planes))
        else {
            return;
        };
        for ty in y0 / SLAB..=y1 / SLAB {
            for tx in x0 / SLAB..=x1 / SLAB {
                if self.left[tx + self.tiles * ty] == 0 {
                    continue;
                }
                let (from_y, to_y) = (y0.max(ty * SLAB) / BRICK, y1.min(ty * SLAB + SLAB - 1) / BRICK);
                let (from_x, to_x) = (x0.max(tx * SLAB) / BRICK, x1.min(tx * SLAB + SLAB - 1) / BRICK);
                for bz in z0 / BRICK..=z1 / BRICK {
                    for by in from_y..=to_y {
                        let row = self.bricks[0] * (by + self.bricks[1] * bz);
                        for bx in from_x..=to_x {
                            if self.bare[row + bx] != 0 {
                                self.brick(id, centre, r, [bx, by, bz], tx + self.tiles * ty);
                            }
                        }
                    }
                }
            }
        }
    }

    /// Paints the bare voxels of one brick that the ball covers.
    fn brick(&mut self, id: u32, centre: [f64; 3], r: f64, brick: [usize; 3], tile: usize) {
        let squared = |a: usize, first: usize| -> [f64; BRICK] {
            std::array::from_fn(|k| ((brick[a] * BRICK + k + first) as f64 * self.h[a] - centre[a]).powi(2))
        };
        let (dx, dy, dz) = (squared(0, 0), squared(1, 0), squared(2, self.first));
        let mut inside = 0u64;
        for (k, z) in dz.iter().enumerate() {
            for (j, y) in dy.iter().enumerate() {
                let rest = r * r - z - y;
                for (i, x) in dx.iter().enumerate() {
                    inside |= u64::from(*x <= rest) << (i + BRICK * j + BRICK * BRICK * k);
                }
            }
        }
        let at = brick[0] + self.bricks[0] * (brick[1] + self.bricks[1] * brick[2]);
        let mut painted = self.bare[at] & inside;
        self.bare[at] &= !inside;
        self.left[tile] -= painted.count_ones();
        while painted != 0 {
            let bit = painted.trailing_zeros() as usize;
            painted &= painted - 1;
            let x = brick[0] * BRICK + bit % BRICK;
            let y = brick[1] * BRICK + bit / BRICK % BRICK;
            let z = brick[2] * BRICK + bit / (BRICK * BRICK);
            self.owner[x + self.size[0] * (y + self.size[1] * z)] = id;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(
        size: [usize; 3],
        spacing: [f64; 3],
        border: Border,
        balls: &[Ball],
        holes: &[usize],
    ) -> Result<(), TestCaseError> {
        let frame = Frame { size, spacing, origin: [0.0; 3] };
        let mut target = Mask::full(size);
        let mut gap = Mask::empty(size);
        for &i in holes {
            let [x, y, z] = frame.voxel(i % frame.len());
            gap.insert(x, y, z);
        }
        target.subtract(&gap);
        let mut order: Vec<u32> = (0..balls.len() as u32).collect();
        order.sort_by(|&a, &b| balls[b as usize].radius.total_cmp(&balls[a as usize].radius).then(a.cmp(&b)));
        let limits = Limits { memory: 1 << 28 };
        let mut results = Vec::new();
        for threads in [1, 2] {
            let mut owner = vec![BARE; frame.len()];
            let exec = Exec::silent(threads).unwrap();
            paint(&frame, border, balls, &order, &target, &mut owner, &limits, &exec).unwrap();
            results.push(owner);
        }
        prop_assert_eq!(&results[0], &results[1]);
        let extent = frame.extent();
        for i in 0..frame.len() {
            let v = frame.voxel(i);
            let expected = order.iter().copied().find(|&b| {
                let ball = &balls[b as usize];
                let squared: f64 = (0..3)
                    .map(|a| {
                        let mut d = v[a] as f64 * spacing[a] - f64::from(ball.centre[a]);
                        if border == Border::Periodic {
                            d -= extent[a] * (d / extent[a]).round();
                        }
                        d * d
                    })
                    .sum();
                squared.sqrt() <= f64::from(ball.radius) * (1.0 + 1e-6)
            });
            let expected = if target.get(v[0], v[1], v[2]) { expected.unwrap_or(BARE) } else { BARE };
            prop_assert_eq!(results[0][i], expected);
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn every_voxel_has_the_first_ball_that_covers_it(
            raw in prop::collection::vec(([0.0..20.0f32, 0.0..14.0, 0.0..33.0], 0.1..6.0f32), 1..40),
            holes in prop::collection::vec(0..10_000usize, 0..30),
            periodic in any::<bool>(),
            spacing in prop_oneof![Just([1.0, 1.0, 1.0]), Just([0.7, 1.1, 1.4])],
        ) {
            let balls: Vec<Ball> =
                raw.iter().map(|&(centre, radius)| Ball { centre, radius, ..Ball::default() }).collect();
            let border = if periodic { Border::Periodic } else { Border::Open };
            check([21, 13, 35], spacing, border, &balls, &holes)?;
        }
    }
}
