//! What is reached: for every voxel the greatest key among the balls that cover it, where the key of a ball is its radius or
//! less (how wide the way to it is).
//!
//! From the largest ball that covers each voxel. Where its key is its radius, no other ball has a greater one. Elsewhere
//! only a ball with a greater key can: one that lies beyond a throat and reaches through it. So for each brick of 4³ voxels,
//! and each tile of 4³ bricks, the least key of voxels that may rise is noted, and a ball looks only where that is less than
//! its own key: in most of a design nowhere.
//!
//! O(voxels + balls · tiles), and for each ball that reaches through a throat the bricks there. 1/16 byte a voxel and 4 bytes
//! a ball beside the cover, whose owners become those of the greatest key.

use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU32, Ordering};

use super::distance::DistanceField;
use super::paint::BARE;
use super::ridge::Ball;
use super::slabs::{Slabs, images};
use super::thickness::Cover;
use crate::grid::{Frame, Mask};
use crate::limits::{LimitError, Limits};
use crate::parallel::Exec;

/// Voxels along the edge of a brick.
const BRICK: usize = 4;

/// Voxels along the edge of a tile; planes of a slab.
const TILE: usize = 16;

/// Bricks of a tile.
const BRICKS: usize = 64;

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
        let Frame { size: [nx, ny, nz], spacing, .. } = *frame;
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
        let balls = cover.balls;
        let may = exec.fill(balls.len(), MANY, |piece, may| {
            let from = piece * MANY;
            may.extend((from..balls.len().min(from + MANY)).map(|b| reaches(field, &balls[b], keys[b], tiles, &slabs)));
        });
        let keep = |b: usize| may.get(b).is_some_and(|may| *may);
        let lists = Slabs::new(frame, field.border, field.slack, TILE, balls, keep, limits)?;
        let counts: Vec<AtomicU32> = cover.counts.iter().map(|n| AtomicU32::new(*n)).collect();
        let pieces = cover.owner.chunks_mut(nx * ny * TILE).zip(&slabs).collect();
        exec.for_each(pieces, |s, (owner, slab): (&mut [u32], &Slab)| {
            let size = [nx, ny, TILE.min(nz - s * TILE)];
            let mut rise = Rise { size, spacing, z: s * TILE, tiles, slab, owner, keys: &keys, counts: &counts };
            lists.falling(s, balls, |b| keys[b], |b, centre, r| rise.ball(b, centre, r));
        });
        cover.counts = counts.into_iter().map(AtomicU32::into_inner).collect();
        Ok(Self { cover, keys })
    }

    /// Keys, each with the number of voxels whose greatest it is.
    pub fn items(&self) -> impl Iterator<Item = (f32, u32)> {
        self.keys.iter().copied().zip(self.cover.counts.iter().copied())
    }

    /// The voxels whose greatest key is less than this.
    #[must_use]
    pub fn below(&self, frame: &Frame, key: f32, exec: &Exec) -> Mask {
        let [nx, ny, nz] = frame.size;
        let planes = exec.map(nz, |z| {
            let mut plane = Mask::empty([nx, ny, 1]);
            for y in 0..ny {
                let row = &self.cover.owner[frame.index(0, y, z)..][..nx];
                for (x, _) in row.iter().enumerate().filter(|(_, o)| **o != BARE && self.keys[**o as usize] < key) {
                    plane.insert(x, y, 0);
                }
            }
            Some(plane)
        });
        Mask::stack(frame.size, &planes.into_iter().flatten().collect::<Vec<Mask>>())
    }
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

/// Raises the voxels of one slab.
struct Rise<'a> {
    size: [usize; 3],
    spacing: [f64; 3],
    /// First plane.
    z: usize,
    tiles: [usize; 2],
    slab: &'a Slab,
    owner: &'a mut [u32],
    keys: &'a [f32],
    counts: &'a [AtomicU32],
}

impl Rise<'_> {
    fn ball(&mut self, id: u32, centre: [f64; 3], r: f64) {
        // As wide as it was painted.
        let r = r * (1.0 + 1e-6);
        let first = [0, 0, self.z];
        let reach = |a: usize| span(centre[a] - r, centre[a] + r, self.spacing[a], first[a], self.size[a]);
        let (Some(x), Some(y), Some(z)) = (reach(0), reach(1), reach(2)) else { return };
        let key = self.keys[id as usize];
        let ([nx, ny, _], h) = (self.size, self.spacing);
        let squared = |a: usize, voxel: usize| ((first[a] + voxel) as f64 * h[a] - centre[a]).powi(2);
        let part = |all: &RangeInclusive<usize>, low: usize, edge: usize| {
            *all.start().max(&low)..=*all.end().min(&(low + edge - 1))
        };
        for ty in y.start() / TILE..=y.end() / TILE {
            for tx in x.start() / TILE..=x.end() / TILE {
                let tile = tx + self.tiles[0] * ty;
                if self.slab.tiles[tile] >= key {
                    continue;
                }
                for b in (0..BRICKS).filter(|b| self.slab.bricks[tile * BRICKS + b] < key) {
                    let xs = part(&x, tx * TILE + b % BRICK * BRICK, BRICK);
                    let ys = part(&y, ty * TILE + b / BRICK % BRICK * BRICK, BRICK);
                    for z in part(&z, b / (BRICK * BRICK) * BRICK, BRICK) {
                        for y in ys.clone() {
                            let rest = r * r - squared(1, y) - squared(2, z);
                            for x in xs.clone().filter(|x| squared(0, *x) <= rest) {
                                let owner = &mut self.owner[x + nx * (y + ny * z)];
                                if *owner != BARE && self.keys[*owner as usize] < key {
                                    self.counts[*owner as usize].fetch_sub(1, Ordering::Relaxed);
                                    self.counts[id as usize].fetch_add(1, Ordering::Relaxed);
                                    *owner = id;
                                }
                            }
                        }
                    }
                }
            }
        }
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
        #![proptest_config(ProptestConfig::with_cases(24))]
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
                let from = cover.balls.len() as u32;
                let own = cover.owner.clone();
                let found = Reached::new(cover, &field, key, &limits, &exec).unwrap();
                let below = found.below(&frame, stop, &exec);
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
                    let expected = if own[i] < from {
                        balls.iter().filter(covers).map(key).fold(0.0, f32::max)
                    } else {
                        // Of no maximal ball: it grew from the voxel or one beside it.
                        found.keys[own[i] as usize]
                    };
                    let owner = found.cover.owner[i] as usize;
                    prop_assert_eq!(found.keys[owner], expected, "{:?}", v);
                    prop_assert_eq!(below.get(v[0], v[1], v[2]), expected < stop);
                    counts[owner] += 1;
                }
                prop_assert_eq!(&counts, &found.cover.counts);
                seen.push(found.cover.owner);
            }
            prop_assert_eq!(&seen[0], &seen[1]);
        }
    }
}
