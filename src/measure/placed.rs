//! Zones on a grid: what share of each voxel lies in one, and what a painting covers there.
//!
//! A voxel at the border of a zone counts by the share of it that lies inside: of slabs, shells and mask volumes exactly
//! (of a shell by the area that a disc and a rectangle share), so that zones which divide a design divide its voxels. Slabs
//! take a number for each plane, shells one for each line along their axis, masks lists along each axis. Voxels that the
//! envelope cuts count whole or not at all; of those shells and masks take the share of what lies in the envelope, by
//! points, for they often end where it does. Local thickness is
//! that of the whole design: no pore or strut is cut where a zone ends, only the statistics are taken over what lies in it.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use super::disc;
use super::stencil::Stencil;
use super::zone::{Shape, Zone};
use crate::design::Study;
use crate::grid::{Frame, Mask};
use crate::limits::{LimitError, Limits};
use crate::mesh::V3;
use crate::parallel::Exec;
use crate::voxel::paint::BARE;
use crate::voxel::thickness::Cover;

/// A zone and what is asked of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ZoneNeeds {
    /// The zone.
    pub zone: Zone,
    /// The measures, by their ids for the whole design.
    pub measures: BTreeSet<String>,
}

/// How shares of voxels are found.
enum Shares {
    /// By the place along an axis.
    Line { axis: usize, shares: Vec<f64> },
    /// By the place across an axis, (axis + 1) % 3 running fastest.
    Sheet { axis: usize, width: usize, shares: Vec<f64> },
    /// By what the voxel overlaps.
    Boxes { along: [Vec<Vec<(usize, f64)>>; 3], stencil: Arc<Stencil> },
}

/// The zones of a study.
pub(super) struct Zones<'a> {
    /// The voxels that the envelope cuts.
    pub(super) cut: Arc<Mask>,
    /// The zones.
    pub(super) list: Vec<Placed<'a>>,
}

/// Points along each axis of a voxel that the envelope cuts.
const POINTS: usize = 4;

/// A zone on the grid of a study.
pub(super) struct Placed<'a> {
    needs: &'a ZoneNeeds,
    shape: Shape,
    shares: Shares,
    /// The voxels along each axis that may lie in it.
    reach: [Range<usize>; 3],
    /// The voxels that the envelope cuts, and their shares where these are taken by points, in order of their indices.
    cut: Arc<Mask>,
    in_body: Vec<(usize, f64)>,
    size: [usize; 3],
}

/// The zones of a study that lie in the design; those that do not are left out, the run says so before.
///
/// # Errors
/// When a mask that has to be turned does not fit the memory budget.
pub(super) fn placed<'a>(
    study: &Study<'_>,
    needs: &'a [ZoneNeeds],
    limits: &Limits,
    exec: &Exec,
) -> Result<Zones<'a>, LimitError> {
    let cut = Arc::new(if needs.is_empty() { Mask::empty([0; 3]) } else { cut_by_body(study) });
    let lie = study.design.source.lie;
    let mut list = Vec::new();
    for needs in needs {
        let shape = match needs.zone.shape(&study.design.envelope.body, lie) {
            Ok(Shape::Stencil(stencil)) => Shape::Stencil(stencil.along(lie, limits)?),
            Ok(shape) => shape,
            Err(_) => continue,
        };
        let mut placed = Placed::new(needs, shape, study.frame(), Arc::clone(&cut));
        if placed.slab().is_none() && !cut.is_empty() {
            placed.in_body = placed.by_points(study, exec);
        }
        list.push(placed);
    }
    Ok(Zones { cut, list })
}

/// The voxels of the body whose corners do not all lie in it.
fn cut_by_body(study: &Study<'_>) -> Mask {
    let (frame, rim) = (study.frame(), study.inside.rim());
    let mut cut = Mask::empty(frame.size);
    for z in 0..frame.size[2] {
        for y in 0..frame.size[1] {
            rim.runs(y, z, |from, to| {
                let corners = |x: usize| points(study, [x, y, z], 2, 1.0).iter().all(|point| point.1);
                (from..to).filter(|x| !corners(*x)).for_each(|x| cut.insert(x, y, z));
            });
        }
    }
    cut
}

/// Points of a voxel, so many along each axis, over `width` of it; each with whether the body holds it.
fn points(study: &Study<'_>, voxel: [usize; 3], along: usize, width: f64) -> Vec<(V3, bool)> {
    let (frame, body) = (study.frame(), &study.envelope.body);
    let h = V3::from(frame.spacing);
    let centre = V3::from(frame.centre(voxel));
    let slack = -1e-6 * frame.coarsest();
    let near: Vec<_> = body.planes.iter().filter(|plane| plane.depth(&centre) < h.norm()).collect();
    let at = |k: usize| width * (k as f64 / (along - 1) as f64 - 0.5);
    (0..along.pow(3))
        .map(|k| {
            let part = V3::new(at(k % along), at(k / along % along), at(k / along / along));
            let p = centre + part.component_mul(&h);
            let held = match &body.region {
                Some(region) => region.depth(&p) >= slack,
                None => near.iter().all(|plane| plane.depth(&p) >= slack),
            };
            (p, held)
        })
        .collect()
}

impl<'a> Placed<'a> {
    fn new(needs: &'a ZoneNeeds, shape: Shape, frame: &Frame, cut: Arc<Mask>) -> Self {
        let edges = |a: usize, i: usize| {
            let middle = frame.origin[a] + i as f64 * frame.spacing[a];
            [middle - frame.spacing[a] / 2.0, middle + frame.spacing[a] / 2.0]
        };
        let mut reach = frame.size.map(|n| 0..n);
        let shares = match &shape {
            Shape::Slab { axis, low, high } => {
                let share = |i: usize| {
                    let [from, to] = edges(*axis, i);
                    snapped((to.min(*high) - from.max(*low)) / (to - from))
                };
                let shares: Vec<f64> = (0..frame.size[*axis]).map(share).collect();
                reach[*axis] = stretch(&shares, |share| *share > 0.0);
                Shares::Line { axis: *axis, shares }
            }
            Shape::Shell { axis, middle, inner, outer } => {
                let (u, v) = ((axis + 1) % 3, (axis + 2) % 3);
                let share = |i: usize, j: usize| {
                    let (x, y) = (edges(u, i).map(|e| e - middle[u]), edges(v, j).map(|e| e - middle[v]));
                    let area = disc::area(*outer, x, y) - disc::area(*inner, x, y);
                    snapped(area / (frame.spacing[u] * frame.spacing[v]))
                };
                let width = frame.size[u];
                let shares = (0..width * frame.size[v]).map(|k| share(k % width, k / width)).collect();
                Shares::Sheet { axis: *axis, width, shares }
            }
            Shape::Stencil(stencil) => {
                let along = [0, 1, 2].map(|a| stencil.overlaps(frame, a));
                reach = [0, 1, 2].map(|a| stretch(&along[a], |overlaps| !overlaps.is_empty()));
                Shares::Boxes { along, stencil: Arc::clone(stencil) }
            }
        };
        Self { needs, shape, shares, reach, cut, in_body: Vec::new(), size: frame.size }
    }

    /// Whether a measure is asked of it.
    pub(super) fn asks(&self, measure: &str) -> bool {
        self.needs.measures.contains(measure)
    }

    /// Whether any measure of a family is.
    pub(super) fn asks_of(&self, family: &str) -> bool {
        self.needs.measures.iter().any(|id| id.split('.').next() == Some(family))
    }

    /// The id of a measure in it.
    pub(super) fn figure(&self, measure: &str) -> String {
        self.needs.zone.figure(measure)
    }

    /// Where it is, for methods.
    pub(super) fn place(&self) -> String {
        format!("in the region {}", self.needs.zone.name())
    }

    /// The same of what is counted in voxels.
    pub(super) fn counted(&self) -> String {
        format!("{}, voxels at its border by the share inside", self.place())
    }

    /// For each voxel that the envelope cuts the share of what lies in the envelope.
    fn by_points(&self, study: &Study<'_>, exec: &Exec) -> Vec<(usize, f64)> {
        let frame = study.frame();
        // In the middles of equal parts.
        let width = 1.0 - 1.0 / POINTS as f64;
        let share = |voxel: [usize; 3]| {
            let held: Vec<V3> = points(study, voxel, POINTS, width).iter().filter(|p| p.1).map(|p| p.0).collect();
            match held.len() {
                0 => self.plain_share(voxel),
                all => held.iter().filter(|p| self.depth(p) >= 0.0).count() as f64 / all as f64,
            }
        };
        let planes = exec.map(frame.size[2], |z| {
            let mut found = Vec::new();
            for y in 0..frame.size[1] {
                self.cut.runs(y, z, |from, to| {
                    found.extend((from..to).map(|x| (frame.index(x, y, z), share([x, y, z]))));
                });
            }
            found
        });
        planes.into_iter().flatten().collect()
    }

    /// The share of a voxel that lies in it.
    #[inline]
    pub(super) fn share(&self, voxel: [usize; 3]) -> f64 {
        let [x, y, z] = voxel;
        if !self.in_body.is_empty() && self.cut.get(x, y, z) {
            let index = x + self.size[0] * (y + self.size[1] * z);
            if let Ok(k) = self.in_body.binary_search_by_key(&index, |item| item.0) {
                return self.in_body[k].1;
            }
        }
        self.plain_share(voxel)
    }

    fn plain_share(&self, voxel: [usize; 3]) -> f64 {
        match &self.shares {
            Shares::Line { axis, shares } => shares[voxel[*axis]],
            Shares::Sheet { axis, width, shares } => shares[voxel[(axis + 1) % 3] + width * voxel[(axis + 2) % 3]],
            Shares::Boxes { along, stencil } => {
                let [x, y, z] = [0, 1, 2].map(|a| &along[a][voxel[a]][..]);
                snapped(stencil.share(x, y, z))
            }
        }
    }

    /// How deep a point lies in it, in µm; of a mask only whether it does.
    pub(super) fn depth(&self, p: &V3) -> f64 {
        match &self.shape {
            Shape::Slab { axis, low, high } => (p[*axis] - low).min(high - p[*axis]),
            Shape::Shell { axis, middle, inner, outer } => {
                let away = p - middle;
                let radius = away[(axis + 1) % 3].hypot(away[(axis + 2) % 3]);
                (radius - inner).min(outer - radius)
            }
            Shape::Stencil(stencil) => {
                if stencil.covers(p) {
                    1.0
                } else {
                    -1.0
                }
            }
        }
    }

    /// Its planes, where it is a slab: the axis and both places.
    pub(super) fn slab(&self) -> Option<(usize, f64, f64)> {
        match self.shape {
            Shape::Slab { axis, low, high } => Some((axis, low, high)),
            _ => None,
        }
    }

    /// Where it lies.
    pub(super) fn shape(&self) -> &Shape {
        &self.shape
    }

    /// How far off its border may lie, in µm.
    pub(super) fn off(&self) -> f64 {
        match &self.shape {
            Shape::Stencil(stencil) => stencil.off,
            _ => 0.0,
        }
    }

    /// Its size along each axis, in µm.
    pub(super) fn extent(&self, frame: &Frame) -> V3 {
        V3::from_fn(|a, _| self.reach[a].len() as f64 * frame.spacing[a])
    }

    /// How many voxels of a set lie in it, those at its border in part.
    pub(super) fn count(&self, mask: &Mask) -> f64 {
        let mut sum = 0.0;
        for z in self.reach[2].clone() {
            for y in self.reach[1].clone() {
                mask.runs(y, z, |from, to| sum += (from..to).map(|x| self.share([x, y, z])).sum::<f64>());
            }
        }
        sum
    }

    /// How much each ball of a painting covers of it, in voxels. 8 bytes a ball.
    pub(super) fn held(&self, frame: &Frame, cover: &Cover<'_>, limits: &Limits) -> Result<Vec<f64>, LimitError> {
        let mut held = limits.try_vec("the sizes in a region", cover.balls().count(), 0.0)?;
        self.gather(&self.reach, frame, cover, &mut held);
        Ok(held)
    }

    /// The same for each of the eight blocks that its box is cut into, halves along every axis.
    pub(super) fn held_in_blocks(
        &self,
        frame: &Frame,
        cover: &Cover<'_>,
        limits: &Limits,
    ) -> Result<Vec<Vec<f64>>, LimitError> {
        let mut blocks = Vec::new();
        for block in 0..8usize {
            let half: [Range<usize>; 3] = std::array::from_fn(|a| {
                let Range { start, end } = self.reach[a].clone();
                let middle = usize::midpoint(start, end);
                if block >> a & 1 == 0 { start..middle } else { middle..end }
            });
            let mut held = limits.try_vec("the sizes in a region", cover.balls().count(), 0.0)?;
            self.gather(&half, frame, cover, &mut held);
            blocks.push(held);
        }
        Ok(blocks)
    }

    fn gather(&self, within: &[Range<usize>; 3], frame: &Frame, cover: &Cover<'_>, held: &mut [f64]) {
        for z in within[2].clone() {
            for y in within[1].clone() {
                let row = &cover.owner[frame.index(0, y, z)..][..frame.size[0]];
                for x in within[0].clone().filter(|x| row[*x] != BARE) {
                    held[row[x] as usize] += self.share([x, y, z]);
                }
            }
        }
    }
}

/// A share without the rounding at its ends.
fn snapped(share: f64) -> f64 {
    match share {
        share if share < 1e-9 => 0.0,
        share if share > 1.0 - 1e-9 => 1.0,
        share => share,
    }
}

/// From the first to the last item that counts.
fn stretch<T>(items: &[T], counts: impl Fn(&T) -> bool) -> Range<usize> {
    let first = items.iter().position(&counts);
    let last = items.iter().rposition(&counts);
    first.zip(last).map_or(0..0, |(first, last)| first..last + 1)
}
