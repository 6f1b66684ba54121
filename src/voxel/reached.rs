//! What is reached: for every voxel the greatest key among the balls that cover it, where the key of a ball is its radius or
//! less (how wide the way to it is).
//!
//! From the largest ball that covers each voxel. Where its key is its radius, no other ball has a greater one. Elsewhere
//! only a ball with a greater key has: one that lies beyond a throat and reaches through it. So balls are painted over the
//! voxels whose ball has a key below its radius; for each brick of 4³ voxels, and each tile of 4³ bricks, the least of these
//! keys is noted, and a ball looks only where that is less than its own.
//!
//! O(voxels + balls · tiles), and for each ball that reaches through a throat the bricks there. 3/16 byte a voxel and 16
//! bytes a ball beside the cover, whose owners become those of the greatest key.

use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU32, Ordering};

use super::distance::DistanceField;
use super::paint::{BARE, BRICK, BRICKS, Canvas, Claim, TILE, within_brick};
use super::ridge::Ball;
use super::slabs::{Slabs, images};
use super::thickness::Cover;
use crate::grid::{Frame, Mask};
use crate::limits::{LimitError, Limits};
use crate::parallel::Exec;

/// Balls whose keys are looked up at a time.
const MANY: usize = 1 << 14;

/// Balls with their keys, and what each covers as the one of the greatest key.
#[derive(Clone, Debug)]
pub struct Reached<'a> {
    cover: Cover<'a>,
    keys: Vec<f32>,
}

impl<'a> Reached<'a> {
    /// From the largest ball of every voxel; `key` is at most the radius, 0 where there is no way.
    ///
    /// # Errors
    /// When the lists do not fit the memory budget.
    pub fn new(
        mut cover: Cover<'a>,
        field: &DistanceField,
        key: impl Fn(&Ball) -> f32 + Sync,
        limits: &Limits,
        exec: &Exec,
    ) -> Result<Self, LimitError> {
        let frame = &field.frame;
        let [nx, ny, nz] = frame.size;
        let mut keys = exec.map_items(cover.balls, &key);
        keys.extend(exec.map_items(&cover.more, &key));
        let radius = |n: usize| cover.balls.get(n).unwrap_or_else(|| &cover.more[n - cover.balls.len()]).radius;
        let rises: Vec<f32> =
            keys.iter().enumerate().map(|(n, k)| if *k < radius(n) { *k } else { f32::MAX }).collect();
        let tiles = [nx.div_ceil(TILE), ny.div_ceil(TILE)];
        let slabs = exec.map(nz.div_ceil(TILE), |s| {
            let planes = s * TILE..nz.min((s + 1) * TILE);
            Slab::new(frame, planes, &cover.owner, &rises)
        });
        drop(rises);
        let counts: Vec<AtomicU32> = cover.counts.iter().map(|n| AtomicU32::new(*n)).collect();
        let maximal = cover.balls.len();
        // Balls that grew in crevices are no maximal ones: they vie for what no maximal ball covers.
        for (balls, first) in [(cover.balls, 0), (&cover.more[..], maximal)] {
            let may = exec.fill(balls.len(), MANY, |piece, may| {
                let piece = piece * MANY..balls.len().min((piece + 1) * MANY);
                may.extend(piece.map(|b| reaches(field, &balls[b], keys[first + b], tiles, &slabs)));
            });
            let keep = |b: usize| may.get(b).is_some_and(|may| *may);
            let lists = Slabs::new(frame, field.border, field.slack, TILE, balls, keep, limits)?;
            drop(may);
            let lower = |o: u32| o != BARE && o as usize >= first && keys[o as usize] < radius(o as usize);
            let target = voxels(frame, &cover.owner, lower, exec);
            let mut canvas = Canvas::new(frame, field.border, &target, field.slack, exec);
            drop(target);
            let parts = cover.owner.chunks_mut(nx * ny * TILE).zip(&slabs);
            let claims = parts.map(|(owner, slab)| Rise { slab, owner, first, keys: &keys, counts: &counts }).collect();
            canvas.slab_by_slab(&lists, balls, |b| keys[first + b], claims, &counts[first..], exec);
        }
        cover.counts = counts.into_iter().map(AtomicU32::into_inner).collect();
        Ok(Self { cover, keys })
    }

    /// Keys above 0, each with the number of voxels whose greatest it is.
    pub fn items(&self) -> impl Iterator<Item = (f32, u32)> {
        self.keys.iter().copied().zip(self.cover.counts.iter().copied()).filter(|item| item.0 > 0.0)
    }

    /// The voxels whose greatest key is less than this.
    #[must_use]
    pub fn below(&self, frame: &Frame, key: f32, exec: &Exec) -> Mask {
        voxels(frame, &self.cover.owner, |o| o != BARE && self.keys[o as usize] < key, exec)
    }
}

/// The voxels whose owner is one of some.
fn voxels(frame: &Frame, owner: &[u32], is: impl Fn(u32) -> bool + Sync, exec: &Exec) -> Mask {
    let [nx, ny, nz] = frame.size;
    let planes = exec.map(nz, |z| {
        let mut plane = Mask::empty([nx, ny, 1]);
        for y in 0..ny {
            let row = &owner[frame.index(0, y, z)..][..nx];
            row.iter().enumerate().filter(|(_, o)| is(**o)).for_each(|(x, _)| plane.insert(x, y, 0));
        }
        Some(plane)
    });
    Mask::stack(frame.size, &planes.into_iter().flatten().collect::<Vec<Mask>>())
}

/// The least keys of voxels that may rise, between two planes.
#[derive(Default)]
struct Slab {
    /// Of each tile.
    tiles: Vec<f32>,
    /// Of each brick of each tile.
    bricks: Vec<f32>,
}

impl Slab {
    /// `rises` has for each ball its key where that may be too low for a voxel.
    fn new(frame: &Frame, planes: std::ops::Range<usize>, owner: &[u32], rises: &[f32]) -> Self {
        let [nx, ny, _] = frame.size;
        let across = nx.div_ceil(TILE);
        let mut bricks = vec![f32::MAX; across * ny.div_ceil(TILE) * BRICKS];
        for z in planes {
            for y in 0..ny {
                let line = BRICK * (y % TILE / BRICK) + BRICK * BRICK * (z % TILE / BRICK);
                let row = &owner[frame.index(0, y, z)..][..nx];
                for (four, owners) in row.chunks(BRICK).enumerate() {
                    let tile = across * (y / TILE) + four / BRICK;
                    let least = &mut bricks[tile * BRICKS + line + four % BRICK];
                    for &o in owners.iter().filter(|o| **o != BARE) {
                        *least = least.min(rises[o as usize]);
                    }
                }
            }
        }
        let tiles = bricks.chunks(BRICKS).map(|tile| tile.iter().copied().fold(f32::MAX, f32::min)).collect();
        Self { tiles, bricks }
    }
}

/// The voxels of a box round a ball along one axis: from `low` to `high` in µm, of `n` voxels; `first` is the first one.
fn span(low: f64, high: f64, h: f64, first: usize, n: usize) -> Option<RangeInclusive<usize>> {
    let from = ((low / h).ceil() - first as f64).max(0.0);
    let to = ((high / h).floor() - first as f64).min(n as f64 - 1.0);
    (from <= to).then_some(from as usize..=to as usize)
}

/// Whether a ball of this key comes near anything that it may raise.
fn reaches(field: &DistanceField, ball: &Ball, key: f32, tiles: [usize; 2], slabs: &[Slab]) -> bool {
    let (size, h, extent) = (field.frame.size, field.frame.spacing, field.frame.extent());
    let r = f64::from(ball.radius) + field.slack;
    let images = images(field.border);
    let spans = |a: usize| {
        let c = f64::from(ball.centre[a]);
        images.iter().filter_map(move |image| {
            let c = c + image * extent[a];
            span(c - r, c + r, h[a], 0, size[a]).map(|v| v.start() / TILE..=v.end() / TILE)
        })
    };
    spans(2).any(|z| {
        slabs[z].iter().any(|slab| {
            spans(1).any(|y| spans(0).any(|x| y.clone().any(|y| x.clone().any(|x| slab.tiles[x + tiles[0] * y] < key))))
        })
    })
}

/// Claims voxels whose key is less than the ball's. Keys fall, so what is not less now never will be.
struct Rise<'a> {
    slab: &'a Slab,
    owner: &'a mut [u32],
    /// Added to the numbers of balls.
    first: usize,
    keys: &'a [f32],
    counts: &'a [AtomicU32],
}

impl Claim for Rise<'_> {
    #[inline]
    fn in_tile(&self, ball: u32, tile: usize) -> bool {
        self.slab.tiles[tile] < self.keys[self.first + ball as usize]
    }

    #[inline]
    fn in_brick(&self, ball: u32, brick: usize) -> bool {
        self.slab.bricks[brick] < self.keys[self.first + ball as usize]
    }

    fn take(&mut self, ball: u32, new: u64, low: usize, row: usize, plane: usize) -> u32 {
        let ball = self.first + ball as usize;
        let mut risen = 0;
        for at in within_brick(new, row, plane) {
            let owner = &mut self.owner[low + at];
            if self.keys[*owner as usize] < self.keys[ball] {
                self.counts[*owner as usize].fetch_sub(1, Ordering::Relaxed);
                *owner = ball as u32;
                risen += 1;
            }
        }
        risen
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Border;
    use crate::mesh::V3;
    use crate::mesh::shapes;
    use crate::voxel::inside::inside;
    use crate::voxel::ridge::{Phase, ridge};
    use crate::voxel::thickness::{Owners, cover};
    use proptest::prelude::*;

    /// Bodies in a box, its distance field and the void.
    fn cavities(border: Border) -> (DistanceField, Mask) {
        let mesh = shapes::join(&[
            shapes::cuboid([3.3, 4.1, 2.2], [9.9, 21.0, 8.6]),
            shapes::cuboid([15.2, 3.0, 4.0], [22.4, 9.1, 25.3]),
            shapes::sphere([18.0, 19.5, 12.0], 4.2, 9),
        ]);
        let frame = Frame { size: [31, 25, 29], spacing: [1.0; 3], origin: [0.25, -0.5, 0.125] };
        let (exec, limits) = (Exec::silent(2).unwrap(), Limits { memory: 1 << 30 });
        let solid = inside(&frame, &mesh, true, &exec);
        let corner = |v: V3| std::array::from_fn(|a| (v[a] - frame.origin[a]) as f32);
        let facets = (0..mesh.triangles.len()).map(|t| mesh.corners(t).map(corner)).collect();
        let field = DistanceField::new(frame, border, facets, &solid, &limits, &exec).unwrap();
        let mut void = Mask::full(frame.size);
        void.subtract(&solid);
        (field, void)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(6))]
        #[test]
        fn every_voxel_has_the_greatest_key_of_the_balls_that_cover_it(
            // Widths of the ways to eight parts of the frame: none, narrow, any.
            ways in prop::array::uniform8(prop_oneof![Just(0.0f32), Just(2.5), Just(1e9), 0.5..9.0f32]),
            stop in 0.5..9.0f32,
            periodic in any::<bool>(),
        ) {
            let border = if periodic { Border::Periodic } else { Border::Open };
            let (field, void) = cavities(border);
            let limits = Limits { memory: 1 << 30 };
            let balls = ridge(&field, &void, &Exec::silent(2).unwrap()).balls;
            let frame = field.frame;
            let key = |ball: &Ball| {
                let v = frame.voxel(ball.voxel as usize);
                let part = (0..3).map(|a| usize::from(2 * v[a] >= frame.size[a]) << a).sum::<usize>();
                ball.radius.min(ways[part])
            };
            let mut seen = Vec::new();
            for threads in [1, 2] {
                let exec = Exec::silent(threads).unwrap();
                let cover = cover(&field, Phase::Void, &void, &balls, Owners::Each, &limits, &exec).unwrap();
                let own = cover.owner.clone();
                let found = Reached::new(cover, &field, key, &limits, &exec).unwrap();
                seen.push((own, found.below(&frame, stop, &exec), found));
            }
            let (own, below, found) = &seen[0];
            let mut counts = vec![0; found.keys.len()];
            for i in 0..frame.len() {
                let v = frame.voxel(i);
                if !void.get(v[0], v[1], v[2]) {
                    prop_assert_eq!(found.cover.owner[i], BARE);
                    continue;
                }
                let covers = |ball: &&Ball| {
                    let squared: f64 = (0..3)
                        .map(|a| {
                            let d = v[a] as f64 * frame.spacing[a] - f64::from(ball.centre[a]);
                            let whole = if periodic { (d / frame.extent()[a]).round() } else { 0.0 };
                            (d - frame.extent()[a] * whole).powi(2)
                        })
                        .sum();
                    squared.sqrt() <= (f64::from(ball.radius) + field.slack) * (1.0 + 1e-6)
                };
                // Balls that grew in crevices only where no maximal ball is.
                let rivals = if (own[i] as usize) < balls.len() { &balls } else { &found.cover.more };
                let expected = rivals.iter().filter(covers).map(key).fold(0.0, f32::max);
                let owner = found.cover.owner[i] as usize;
                prop_assert_eq!(found.keys[owner], expected, "{:?}", v);
                prop_assert_eq!(below.get(v[0], v[1], v[2]), expected < stop);
                counts[owner] += 1;
            }
            prop_assert_eq!(&counts, &found.cover.counts);
            prop_assert_eq!(&found.cover.owner, &seen[1].2.cover.owner);
        }
    }
}
