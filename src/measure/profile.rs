//! Profiles: porosity slice by slice along x, y and z, and ring by ring round an axis.
//!
//! A slice is a layer of voxels (layers are joined where there are more than 200), its porosity the void of the envelope
//! in it over the envelope in it; places along the axes are those of the input's own frame. Rings lie round the axis of a
//! cylinder, of any other body round the line along z through the middle of its box. On a mesh voxels at the surface count
//! in part. About 50 ns a voxel.

use super::figure::{Distribution, Figures};
use super::porosity::solid_share;
use crate::design::{EnvelopeKind, Study};
use crate::parallel::Exec;
use crate::units::Unit;

/// Classes of a profile.
const MOST: usize = 200;

/// Solid and envelope in the classes of a profile, in voxels.
#[derive(Clone, Default)]
struct Profile {
    solid: Vec<f64>,
    all: Vec<f64>,
}

impl Profile {
    fn new(classes: usize) -> Self {
        Self { solid: vec![0.0; classes], all: vec![0.0; classes] }
    }

    fn add(&mut self, class: usize, solid: f64, all: f64) {
        self.solid[class] += solid;
        self.all[class] += all;
    }

    fn absorb(&mut self, other: &Self) {
        self.solid.iter_mut().zip(&other.solid).for_each(|(a, b)| *a += b);
        self.all.iter_mut().zip(&other.all).for_each(|(a, b)| *a += b);
    }

    /// The porosity of the classes from the first to the last that the envelope reaches; a class between that it does not
    /// reach is joined to the one before.
    fn porosity(&self, start: f64, width: f64) -> Option<Distribution> {
        let first = self.all.iter().position(|n| *n > 0.0)?;
        let mut edges = vec![start + first as f64 * width];
        let mut fraction: Vec<f64> = Vec::new();
        let last = self.all.iter().rposition(|n| *n > 0.0)?;
        for k in first..=last {
            let edge = start + (k + 1) as f64 * width;
            if self.all[k] > 0.0 {
                fraction.push((1.0 - self.solid[k] / self.all[k]).clamp(0.0, 1.0));
                edges.push(edge);
            } else if let Some(end) = edges.last_mut() {
                *end = edge;
            }
        }
        Some(Distribution { unit: Unit::Micrometre, edges, fraction })
    }
}

/// Measures the profiles.
pub(super) fn measure(study: &Study<'_>, exec: &Exec, out: &mut Figures) {
    let frame = study.frame();
    let body = &study.envelope.body;
    let axis = match body.kind {
        EnvelopeKind::Cylinder => body.planes.first().map_or(2, |end| end.normal.abs().imax()),
        _ => 2,
    };
    let (u, v) = ((axis + 1) % 3, (axis + 2) % 3);
    let middle = (body.low + body.high) / 2.0;
    let farthest = (body.high - body.low)[u].hypot((body.high - body.low)[v]) / 2.0;
    let joined = frame.size.map(|n| n.div_ceil(MOST));
    let slices: [usize; 3] = std::array::from_fn(|a| frame.size[a].div_ceil(joined[a]));
    let ring = (farthest / MOST as f64).max(frame.spacing[u].max(frame.spacing[v]));
    let rings = (farthest / ring).ceil() as usize + 1;
    let empty = [slices[0], slices[1], slices[2], rings].map(Profile::new);
    let ring_of = |p: [f64; 3]| {
        let (du, dv) = (p[u] - middle[u], p[v] - middle[v]);
        (((du * du + dv * dv).sqrt() / ring) as usize).min(rings - 1)
    };
    let planes = exec.map(frame.size[2], |z| {
        let mut profiles = empty.clone();
        for y in 0..frame.size[1] {
            let (mut solid, mut all) = (0.0, 0.0);
            study.inside.runs(y, z, |from, to| {
                for x in from..to {
                    let share = solid_share(study, [x, y, z]);
                    solid += share;
                    profiles[0].add(x / joined[0], share, 1.0);
                    profiles[3].add(ring_of(frame.centre([x, y, z])), share, 1.0);
                }
                all += (to - from) as f64;
            });
            profiles[1].add(y / joined[1], solid, all);
            profiles[2].add(z / joined[2], solid, all);
        }
        Some(profiles)
    });
    let mut all = empty;
    for plane in planes.iter().flatten() {
        all.iter_mut().zip(plane).for_each(|(sum, part)| sum.absorb(part));
    }
    let (low, _) = frame.bounds();
    for (a, name) in ["x", "y", "z"].into_iter().enumerate() {
        if let Some(profile) = all[a].porosity(low[a], joined[a] as f64 * frame.spacing[a]) {
            out.distributions.insert(format!("porosity.{name}"), profile);
        }
    }
    if let Some(profile) = all[3].porosity(0.0, ring) {
        out.distributions.insert("porosity.radial".to_owned(), profile);
    }
}
