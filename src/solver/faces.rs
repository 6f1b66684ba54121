//! The faces that one component of a slow flow lives on: how far they are from the walls, the viscous forces between them,
//! and what the void is to a pressure that drives a flow through many pores.
//!
//! A wall between two faces holds the velocity at its true distance along the line between them (Gibou et al. 2002,
//! doi:10.1006/jcph.2001.6977), so that walls between grid lines count. Beside an end that is flowed through lies half a
//! voxel of fluid, with half of the forces across.

use std::sync::Arc;

use super::conductor::{Conductor, Loss, OTHERS};
use super::flow::Channel;
use super::lattice::Lattice;
use crate::grid::Border;
use crate::parallel::Exec;

/// Nearest that a wall counts, in steps of the grid.
const NEAREST: f32 = 0.05;

/// The faces across an axis.
#[derive(Debug)]
pub struct Faces<'a> {
    channel: &'a Channel<'a>,
    axis: usize,
    /// Number of faces along x, y, z.
    pub size: [usize; 3],
    /// Whether the flow enters and leaves through the ends along the axis.
    driven: bool,
}

impl<'a> Faces<'a> {
    /// Those across `axis`; `driven` where the flow enters and leaves through the ends along it.
    #[must_use]
    pub fn new(channel: &'a Channel<'a>, axis: usize, driven: bool) -> Self {
        let mut size = channel.frame.size;
        size[axis] += usize::from(channel.border != Border::Periodic);
        Self { channel, axis, size, driven }
    }

    /// Distance to the wall at a face, and whether fluid passes it. A face lies between the voxel before it and its own.
    fn at(&self, v: [usize; 3]) -> (f32, bool) {
        let (frame, a) = (&self.channel.frame, self.axis);
        let n = frame.size[a];
        let wrap = self.channel.border == Border::Periodic;
        let voxel = |i: usize| {
            let mut w = v;
            w[a] = i;
            (self.channel.distance[frame.index(w[0], w[1], w[2])], self.channel.keep.get(w[0], w[1], w[2]))
        };
        if !wrap && (v[a] == 0 || v[a] == n) {
            let (d, kept) = voxel(if v[a] == 0 { 0 } else { n - 1 });
            return (d, self.driven && kept && d > 0.0);
        }
        let (below, above) = (voxel(if v[a] == 0 { n - 1 } else { v[a] - 1 }), voxel(v[a] % n));
        let d = (below.0 + above.0) / 2.0;
        (d, below.1 && above.1 && d > 0.0)
    }

    /// The distance to the wall at each open face; of the others 0, or less within the solid.
    fn depths(&self, exec: &Exec) -> Vec<f32> {
        let size = self.size;
        let mut depths = vec![0.0f32; size.iter().product()];
        exec.chunks(&mut depths, size[0] * size[1], |z, plane| {
            for (k, depth) in plane.iter_mut().enumerate() {
                let (d, open) = self.at([k % size[0], k / size[0], z]);
                *depth = if open { d } else { d.min(0.0) };
            }
        });
        depths
    }

    /// The operator of the viscous forces; `side` are the sides of a voxel over the first.
    #[must_use]
    pub fn viscous(&self, side: [f64; 3], exec: &Exec) -> Lattice {
        let size = self.size;
        let wrap = self.channel.border == Border::Periodic;
        let volume: f64 = side.iter().product();
        let mut lattice = Lattice {
            size,
            wrap,
            weight: side.map(|s| (volume / (s * s)) as f32),
            halved: (!wrap).then_some(self.axis),
            diagonal: Vec::new(),
        };
        let depths = self.depths(exec);
        let mut diagonal = vec![0.0f32; depths.len()];
        let stride = [1, size[0], size[0] * size[1]];
        exec.chunks(&mut diagonal, stride[2], |z, plane| {
            for (k, sum) in plane.iter_mut().enumerate() {
                let i = k + stride[2] * z;
                let own = depths[i];
                if own <= 0.0 {
                    continue;
                }
                let v = [k % size[0], k / size[0], z];
                let weight = lattice.weight_at(v);
                for a in 0..3 {
                    for up in [false, true] {
                        let Some(place) = lattice.beside(v[a], a, up) else { continue };
                        let other = depths[i - stride[a] * v[a] + stride[a] * place];
                        let near = if other < 0.0 { (own / (own - other)).max(NEAREST) } else { 1.0 };
                        *sum += weight[a] / near;
                    }
                }
            }
        });
        lattice.diagonal = diagonal;
        lattice
    }
}

/// Permeability of the widest void in squares of the first spacing, and the distance to the wall there; 0 for two values,
/// of which the distance says nothing. Then the permeability is that of a slit as wide as the void is for its walls,
/// w = 2 V/S and w²/12; else half of a slit's, which serves sheets, struts and grains alike.
fn width(channel: &Channel<'_>) -> (f64, f32) {
    let unit = channel.frame.spacing[0];
    let reach = channel.distance.iter().fold(0.0f32, |most, d| most.max(*d));
    if channel.distance.iter().any(|d| d.abs() != 0.5) {
        return ((f64::from(reach) / unit).powi(2) / 6.0, reach);
    }
    let [nx, ny, nz] = channel.frame.size;
    let mut walls = 0usize;
    for (z, y) in (0..nz).flat_map(|z| (0..ny).map(move |y| (z, y))) {
        channel.keep.runs(y, z, |from, to| {
            walls += usize::from(from > 0) + usize::from(to < nx);
            for x in from..to {
                walls += usize::from(y + 1 < ny && !channel.keep.get(x, y + 1, z));
                walls += usize::from(y > 0 && !channel.keep.get(x, y - 1, z));
                walls += usize::from(z + 1 < nz && !channel.keep.get(x, y, z + 1));
                walls += usize::from(z > 0 && !channel.keep.get(x, y, z - 1));
            }
        });
    }
    ((channel.keep.count() as f64 / walls.max(1) as f64).powi(2) / 3.0, 0.0)
}

/// The Darcy flow that the pressure answers to over many pores, `driven` between the ends along an axis or closed.
#[must_use]
pub fn darcy(channel: &Channel<'_>, driven: Option<usize>, side: [f64; 3], exec: &Exec) -> Conductor {
    let n = channel.frame.size;
    let wrap = channel.border == Border::Periodic;
    let volume: f64 = side.iter().product();
    let (scale, reach) = width(channel);
    let local = |d: f32| if reach > 0.0 { (d / reach).powi(2) } else { 1.0 };
    let weight = side.map(|s| (scale * volume / (s * s)) as f32);
    let faces = std::array::from_fn(|a| {
        let geometry = Faces::new(channel, a, false);
        let mut shares = vec![0u8; channel.frame.len()];
        exec.chunks(&mut shares, n[0] * n[1], |z, plane| {
            for (k, share) in plane.iter_mut().enumerate() {
                let mut v = [k % n[0], k / n[0], z];
                v[a] += 1;
                if wrap {
                    v[a] %= n[a];
                }
                let (d, open) = geometry.at(v);
                if open {
                    *share = (255.0 * local(d)).round().max(1.0) as u8;
                }
            }
        });
        shares
    });
    let loss = driven.map_or(Loss::None, |a| {
        let [p, q] = OTHERS[a];
        let plane = |end: usize| {
            let through = |k: usize| {
                let mut v = [end; 3];
                (v[p], v[q]) = (k % n[p], k / n[p]);
                let d = channel.distance[channel.frame.index(v[0], v[1], v[2])];
                let open = channel.keep.get(v[0], v[1], v[2]) && d > 0.0;
                if open { 2.0 * weight[a] * local(d).max(1.0 / 255.0) } else { 0.0 }
            };
            (0..n[p] * n[q]).map(through).collect()
        };
        Loss::Ends(a, [plane(0), plane(n[a] - 1)])
    });
    Conductor::new(n, Arc::new(faces), weight, loss, exec)
}
