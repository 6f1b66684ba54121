//! Painting balls: the largest ball that covers each voxel.
//!
//! Balls are painted in falling order of size into the voxels that are still bare, so each voxel is written once. Bare
//! voxels are bits, a word for each brick of 4³ voxels; for each tile of 4³ bricks a word says which bricks still have
//! bare voxels, so that a ball passes over finished bricks and tiles at once. Slabs of tiles along z are painted in
//! parallel, each with the balls that reach it, in the same order: the result does not depend on the threads.
//!
//! O(voxels + balls · tiles that still have bare voxels), 1/8 byte a voxel.

use std::sync::atomic::{AtomicU32, Ordering};

use super::ridge::Ball;
use super::slabs::Slabs;
use crate::grid::{Border, Frame, Mask};
use crate::limits::{LimitError, Limits};
use crate::parallel::Exec;

/// Edge of a brick, whose bare voxels are the bits of a word.
pub(super) const BRICK: usize = 4;

/// Edge of a tile, whose bricks are the bits of a word; planes of a slab.
pub(super) const TILE: usize = BRICK * BRICK;

/// Bricks of a tile.
pub(super) const BRICKS: usize = 64;

/// Bare voxels of a brick that are looked at one by one, rather than all voxels of the brick.
const FEW: u32 = 12;

/// A voxel that no ball covers.
pub const BARE: u32 = u32::MAX;

/// The voxels of a set that no ball has covered yet.
#[derive(Clone, Debug)]
pub struct Canvas {
    frame: Frame,
    border: Border,
    /// By how far in µm a voxel may lie beyond a ball that it belongs to.
    slack: f64,
    /// Number of tiles along x and y.
    tiles: [usize; 2],
    slabs: Vec<Slab>,
}

/// Tiles between two planes.
#[derive(Clone, Debug)]
struct Slab {
    /// For each tile the bricks that have bare voxels.
    open: Vec<u64>,
    /// For each brick of each tile its bare voxels.
    bare: Vec<u64>,
}

impl Canvas {
    /// All voxels of `target` bare. A ball covers what lies up to `slack` (µm) beyond it.
    #[must_use]
    pub fn new(frame: &Frame, border: Border, target: &Mask, slack: f64, exec: &Exec) -> Self {
        let [nx, ny, nz] = frame.size;
        let tiles = [nx.div_ceil(TILE), ny.div_ceil(TILE)];
        let slabs = exec.map(nz.div_ceil(TILE), |slab| {
            let mut bare = vec![0u64; tiles[0] * tiles[1] * BRICKS];
            for z in slab * TILE..((slab + 1) * TILE).min(nz) {
                for y in 0..ny {
                    let line = BRICK * (y % BRICK) + BRICK * BRICK * (z % BRICK);
                    let brick = BRICK * (y % TILE / BRICK) + BRICK * BRICK * (z % TILE / BRICK);
                    let row = tiles[0] * (y / TILE);
                    for (w, &word) in target.row(y, z).iter().enumerate().filter(|(_, word)| **word != 0) {
                        for k in 0..TILE.min(nx.div_ceil(BRICK) - TILE * w) {
                            let four = word >> (BRICK * k) & 15;
                            let tile = row + w * BRICK + k / BRICK;
                            bare[tile * BRICKS + brick + k % BRICK] |= four << line;
                        }
                    }
                }
            }
            let open = bare
                .chunks(BRICKS)
                .map(|bricks| bricks.iter().enumerate().fold(0, |open, (b, bare)| open | u64::from(*bare != 0) << b))
                .collect();
            Some(Slab { open, bare })
        });
        Self { frame: *frame, border, slack, tiles, slabs: slabs.into_iter().flatten().collect() }
    }

    /// Calls `f` with every bare voxel, in no particular order but always the same.
    pub fn bare(&self, mut f: impl FnMut([usize; 3])) {
        for (s, slab) in self.slabs.iter().enumerate() {
            for (tile, &open) in slab.open.iter().enumerate() {
                for b in bits(open) {
                    for bit in bits(slab.bare[tile * BRICKS + b]) {
                        f([
                            tile % self.tiles[0] * TILE + b % BRICK * BRICK + bit % BRICK,
                            tile / self.tiles[0] * TILE + b / BRICK % BRICK * BRICK + bit / BRICK % BRICK,
                            s * TILE + b / (BRICK * BRICK) * BRICK + bit / (BRICK * BRICK),
                        ]);
                    }
                }
            }
        }
    }

    /// Paints `balls`, the largest first, of equals the first: `counts` gains for each ball the number of voxels that it is
    /// the first to cover, and `owner`, where wanted, for each of these voxels the number of the ball plus `first`.
    ///
    /// # Errors
    /// When the lists do not fit the memory budget.
    pub fn paint(
        &mut self,
        balls: &[Ball],
        first: u32,
        counts: &[AtomicU32],
        owner: Option<&mut [u32]>,
        limits: &Limits,
        exec: &Exec,
    ) -> Result<(), LimitError> {
        let [nx, ny, _] = self.frame.size;
        let reached = Slabs::new(&self.frame, self.border, self.slack, TILE, balls, |_| true, limits)?;
        let mut owners = owner.map(|o| o.chunks_mut(nx * ny * TILE));
        let own = (0..self.slabs.len()).map(|_| Own { owner: owners.as_mut().and_then(Iterator::next), first });
        let own: Vec<Own<'_>> = own.collect();
        self.slab_by_slab(&reached, balls, |b| balls[b].radius, own, counts, exec);
        Ok(())
    }

    /// Hands the bare voxels that each ball covers to the `claims`, one for each slab, in falling order of `key`; they are
    /// bare no more. `counts` gains what the claims count.
    pub(super) fn slab_by_slab<C: Claim + Send>(
        &mut self,
        reached: &Slabs,
        balls: &[Ball],
        key: impl Fn(usize) -> f32 + Sync,
        claims: Vec<C>,
        counts: &[AtomicU32],
        exec: &Exec,
    ) {
        let Frame { size: [nx, ny, nz], spacing: h, .. } = self.frame;
        let tiles = self.tiles;
        let pieces: Vec<(&mut Slab, C)> = self.slabs.iter_mut().zip(claims).collect();
        exec.for_each(pieces, |s, (slab, claim)| {
            let mut brush = Brush {
                size: [nx, ny, TILE.min(nz - s * TILE)],
                h,
                per: h.map(|h| 1.0 / h),
                z: s * TILE,
                tiles,
                slab,
                claim,
                counts,
                squares: <[Squares; 3]>::default(),
            };
            reached.falling(s, balls, &key, |b, centre, r| brush.ball(b, centre, r));
        });
    }
}

/// What becomes of the bare voxels of a slab that a ball covers.
pub(super) trait Claim {
    /// Whether a ball may find anything in a tile.
    fn in_tile(&self, _ball: u32, _tile: usize) -> bool {
        true
    }

    /// Whether a ball may find anything in a brick, of those of all tiles.
    fn in_brick(&self, _ball: u32, _brick: usize) -> bool {
        true
    }

    /// Takes the voxels of a brick that are set in `new`; its first is at `low` in a slab with so many voxels in a row and
    /// in a plane. How many of them count.
    fn take(&mut self, ball: u32, new: u64, low: usize, row: usize, plane: usize) -> u32;
}

/// Claims for whom every voxel counts, and who writes the owners where they are wanted.
struct Own<'a> {
    owner: Option<&'a mut [u32]>,
    /// Added to the numbers of balls.
    first: u32,
}

impl Claim for Own<'_> {
    #[inline]
    fn take(&mut self, ball: u32, new: u64, low: usize, row: usize, plane: usize) -> u32 {
        if let Some(owner) = &mut self.owner {
            for at in within_brick(new, row, plane) {
                owner[low + at] = self.first + ball;
            }
        }
        new.count_ones()
    }
}

/// How far the voxels of a brick that are set lie behind its first.
#[inline]
pub(super) fn within_brick(set: u64, row: usize, plane: usize) -> impl Iterator<Item = usize> {
    bits(set).map(move |bit| bit % BRICK + row * (bit / BRICK % BRICK) + plane * (bit / (BRICK * BRICK)))
}

/// The numbers of the bits that are set, in rising order.
fn bits(mut word: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        (word != 0).then(|| {
            let bit = word.trailing_zeros() as usize;
            word &= word - 1;
            bit
        })
    })
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

/// For a range of bricks along x, y or z of a tile: the bits of its bricks in it.
#[inline]
fn slice(from: usize, to: usize, axis: usize) -> u64 {
    // Bricks 0 along the axis; bricks k lie k strides further.
    const FIRST: [u64; 3] = [0x1111_1111_1111_1111, 0x000F_000F_000F_000F, 0xFFFF];
    (from..=to).fold(0, |all, k| all | FIRST[axis] << (k << (2 * axis)))
}

/// Squared distances along one axis from the centre of a ball to the voxels of the bricks that it reaches.
#[derive(Default)]
struct Squares {
    /// The first brick.
    first: usize,
    /// For each voxel of the bricks.
    voxels: Vec<[f64; BRICK]>,
    /// For each brick the least and the greatest.
    ends: Vec<(f64, f64)>,
}

impl Squares {
    /// For the bricks that hold voxels `from` to `to`, of spacing `h`; voxel 0 is seen from the centre at `start`.
    #[inline]
    fn look(&mut self, from: usize, to: usize, start: f64, h: f64) {
        self.first = from / BRICK;
        self.voxels.clear();
        self.ends.clear();
        for brick in self.first..=to / BRICK {
            let low = start + (brick * BRICK) as f64 * h;
            let squares: [f64; BRICK] = std::array::from_fn(|k| (low + k as f64 * h).powi(2));
            let high = low + (BRICK - 1) as f64 * h;
            let near = low.max(-high).max(0.0);
            self.ends.push((near * near, squares[0].max(squares[BRICK - 1])));
            self.voxels.push(squares);
        }
    }
}

/// The bare voxels of a brick within a distance (squared) of the centre of a ball; squared distances along the axes are
/// given.
#[inline]
fn covered(bare: u64, squared: f64, [dx, dy, dz]: [&[f64; BRICK]; 3]) -> u64 {
    let mut inside = 0u64;
    if bare.count_ones() <= FEW {
        for bit in bits(bare) {
            let d = dx[bit % BRICK] + (dz[bit / (BRICK * BRICK)] + dy[bit / BRICK % BRICK]);
            inside |= u64::from(d <= squared) << bit;
        }
        return inside;
    }
    for (k, z) in dz.iter().enumerate() {
        for (j, y) in dy.iter().enumerate() {
            let rest = z + y;
            let row = dx.iter().enumerate().fold(0u8, |row, (i, x)| row | u8::from(x + rest <= squared) << i);
            inside |= u64::from(row) << (BRICK * j + BRICK * BRICK * k);
        }
    }
    inside & bare
}

/// Paints into one slab.
struct Brush<'a, C> {
    /// Voxels of the slab.
    size: [usize; 3],
    h: [f64; 3],
    /// Voxels per µm.
    per: [f64; 3],
    /// First plane.
    z: usize,
    tiles: [usize; 2],
    slab: &'a mut Slab,
    claim: C,
    counts: &'a [AtomicU32],
    /// What the ball in hand sees along x, y and z.
    squares: [Squares; 3],
}

impl<C: Claim> Brush<'_, C> {
    fn ball(&mut self, id: u32, centre: [f64; 3], r: f64) {
        // A hair wider, so that a voxel on the sphere belongs to the ball that touches it.
        let r = r * (1.0 + 1e-6);
        let reach = |a: usize, first: f64| {
            span((centre[a] - r) * self.per[a] - first, (centre[a] + r) * self.per[a] - first, self.size[a])
        };
        let (Some((x0, x1)), Some((y0, y1)), Some((z0, z1))) = (reach(0, 0.0), reach(1, 0.0), reach(2, self.z as f64))
        else {
            return;
        };
        let in_z = slice(z0 / BRICK, z1 / BRICK, 2);
        let tiles = x0 / TILE..=x1 / TILE;
        let bare = |ty: usize| {
            tiles.clone().any(|tx| {
                let tile = tx + self.tiles[0] * ty;
                self.slab.open[tile] & in_z != 0 && self.claim.in_tile(id, tile)
            })
        };
        if !(y0 / TILE..=y1 / TILE).any(bare) {
            return;
        }
        let mut squares = std::mem::take(&mut self.squares);
        squares[0].look(x0, x1, -centre[0], self.h[0]);
        squares[1].look(y0, y1, -centre[1], self.h[1]);
        squares[2].look(z0, z1, self.z as f64 * self.h[2] - centre[2], self.h[2]);
        let squared = r * r;
        let mut painted = 0;
        for ty in y0 / TILE..=y1 / TILE {
            let y = y0.max(ty * TILE) % TILE / BRICK..=y1.min(ty * TILE + TILE - 1) % TILE / BRICK;
            let in_yz = in_z & slice(*y.start(), *y.end(), 1);
            for tx in x0 / TILE..=x1 / TILE {
                let tile = tx + self.tiles[0] * ty;
                let mut open = self.slab.open[tile] & in_yz;
                if open == 0 || !self.claim.in_tile(id, tile) {
                    continue;
                }
                open &= slice(x0.max(tx * TILE) % TILE / BRICK, x1.min(tx * TILE + TILE - 1) % TILE / BRICK, 0);
                let low = [tx * TILE, ty * TILE, self.z];
                for b in bits(open) {
                    if !self.claim.in_brick(id, tile * BRICKS + b) {
                        continue;
                    }
                    let [x, y, z] = [b % BRICK, b / BRICK % BRICK, b / (BRICK * BRICK)];
                    let at =
                        [tx * BRICK + x - squares[0].first, ty * BRICK + y - squares[1].first, z - squares[2].first];
                    let ends = [squares[0].ends[at[0]], squares[1].ends[at[1]], squares[2].ends[at[2]]];
                    if ends[0].0 + ends[1].0 + ends[2].0 > squared {
                        continue;
                    }
                    let whole = ends[0].1 + ends[1].1 + ends[2].1 <= squared * (1.0 - 1e-9);
                    let inside = if whole {
                        u64::MAX
                    } else {
                        let bare = self.slab.bare[tile * BRICKS + b];
                        covered(bare, squared, std::array::from_fn(|a| &squares[a].voxels[at[a]]))
                    };
                    let low = [low[0] + x * BRICK, low[1] + y * BRICK, low[2] + z * BRICK];
                    painted += self.brick(id, inside, low, tile, b);
                }
            }
        }
        self.squares = squares;
        if painted > 0 {
            self.counts[id as usize].fetch_add(painted, Ordering::Relaxed);
        }
    }

    /// Paints the bare voxels of one brick that the ball covers, and counts them.
    #[inline]
    fn brick(&mut self, id: u32, inside: u64, low: [usize; 3], tile: usize, b: usize) -> u32 {
        let bare = &mut self.slab.bare[tile * BRICKS + b];
        let new = *bare & inside;
        *bare &= !inside;
        if *bare == 0 {
            self.slab.open[tile] &= !(1 << b);
        }
        let [nx, ny, _] = self.size;
        let at = low[0] + nx * (low[1] + ny * (low[2] - self.z));
        self.claim.take(id, new, at, nx, nx * ny)
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
        let half = balls.len() / 2;
        let falls = |a: u32, b: u32| balls[b as usize].radius.total_cmp(&balls[a as usize].radius);
        order.sort_by(|&a, &b| (a as usize >= half).cmp(&(b as usize >= half)).then(falls(a, b)).then(a.cmp(&b)));
        let limits = Limits { memory: 1 << 28 };
        let mut results = Vec::new();
        for threads in [1, 2] {
            let mut owner = vec![BARE; frame.len()];
            let exec = Exec::silent(threads).unwrap();
            let counts: Vec<AtomicU32> = balls.iter().map(|_| AtomicU32::new(0)).collect();
            let mut canvas = Canvas::new(&frame, border, &target, 0.0, &exec);
            // In two sittings: what is painted stays.
            let (one, two) = balls.split_at(half);
            canvas.paint(one, 0, &counts[..half], Some(&mut owner), &limits, &exec).unwrap();
            canvas.paint(two, half as u32, &counts[half..], Some(&mut owner), &limits, &exec).unwrap();
            for (b, count) in counts.iter().enumerate() {
                let owned = owner.iter().filter(|o| **o as usize == b).count();
                prop_assert_eq!(owned, count.load(Ordering::Relaxed) as usize);
            }
            let mut left = 0;
            canvas.bare(|[x, y, z]| {
                assert_eq!(owner[frame.index(x, y, z)], BARE);
                left += 1;
            });
            prop_assert_eq!(left + owner.iter().filter(|o| **o != BARE).count() as u64, target.count());
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
        fn every_voxel_has_the_largest_ball_that_covers_it(
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
