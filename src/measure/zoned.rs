//! Volumes, porosity and surface in zones.
//!
//! The solid of a closed mesh in a slab or a shell comes from its surface by the divergence theorem, with a field whose
//! divergence is 1 in the zone and 0 outside of it: in a slab exactly, for the surface is cut at its planes. Elsewhere it is
//! counted in voxels, those at the surface and at the zone's border in part; what the count of the whole lacks is made up
//! where it arises, at the surface. So zones which divide a design add up to it. Where the surface and the border cross one
//! voxel, both shares do not say how much of the solid lies inside: what that leaves open is in the uncertainty.

use super::clip::{between, flux_through_shell, flux_through_slab, within};
use super::figure::{Figure, Figures};
use super::placed::{Placed, Zones};
use super::porosity::{Closed, solid_share};
use super::surface::{Face, Lack, edges, faces};
use super::zone::Shape;
use crate::design::{Solid, Study};
use crate::grid::Mask;
use crate::mesh::V3;
use crate::parallel::Exec;
use crate::units::Unit;

const MM3: f64 = 1e-9;
const MM2: f64 = 1e-6;

/// What is counted of a zone, in voxels.
#[derive(Clone, Copy, Default)]
struct Sums {
    /// Of the envelope, and of the voxels that it cuts.
    all: f64,
    rim: f64,
    /// Of the solid, and of its voxels at the surface or at the envelope's.
    solid: f64,
    edge: f64,
    /// By how much the solid may be off where the surface and the border cross a voxel.
    crossed: f64,
    /// Voxels that the border cuts.
    border: f64,
}

impl Sums {
    fn add(&mut self, share: f64, solid: f64, rim: bool) {
        self.all += share;
        self.solid += share * solid;
        if rim {
            self.rim += share;
        }
        if rim || (solid > 0.0 && solid < 1.0) {
            self.edge += share * solid;
        }
        self.crossed += share.min(solid) * (1.0 - share.max(solid));
        self.border += f64::from(u8::from(share > 0.0 && share < 1.0));
    }

    fn absorb(&mut self, other: &Self) {
        self.all += other.all;
        self.rim += other.rim;
        self.solid += other.solid;
        self.edge += other.edge;
        self.crossed += other.crossed;
        self.border += other.border;
    }
}

/// What a part takes of what a count lacks, where it arises at `edge` voxels.
fn made_up(count: f64, truth: f64, edge: f64) -> f64 {
    if edge > 0.0 { (truth - count) / edge } else { 0.0 }
}

/// Measures volumes, porosity and surface in zones, after those of the whole.
pub(super) fn measure(study: &Study<'_>, closed: &Closed, zones: &Zones<'_>, exec: &Exec, out: &mut Figures) {
    let asked: Vec<&Placed<'_>> =
        zones.list.iter().filter(|z| ["volume", "porosity", "surface"].iter().any(|f| z.asks_of(f))).collect();
    if asked.is_empty() {
        return;
    }
    let (whole, sums) = counted(study, &zones.cut, &asked, exec);
    let known = |id: &str| out.figures.get(id).cloned();
    let (Some(solid), Some(porosity)) = (known("volume.solid"), known("porosity.total")) else { return };
    let voxel = study.frame().voxel_volume();
    let of_all = made_up(whole.all, study.envelope.body.volume / voxel, whole.rim);
    let of_solid = made_up(whole.solid, solid.value / MM3 / voxel, whole.edge);
    let h = study.frame().coarsest();
    let of_surface = asked.iter().any(|z| z.asks_of("surface"));
    let edges = if of_surface { edges(study, closed, exec) } else { Vec::new() };
    for (zone, sums) in asked.iter().zip(&sums).filter(|(_, sums)| sums.all > 0.0) {
        let total = voxel * (sums.all + of_all * sums.rim);
        // What a border that is not known to a hair may take in or leave out.
        let moved = voxel * sums.border * (zone.off() / h).min(0.5);
        let counted = zone.counted();
        let (solid, crossed, exact, how) = match by_surface(study, zone) {
            Some(volume) => {
                let exact = zone.slab().is_some() && of_all == 0.0;
                (volume.clamp(0.0, total), 0.0, exact, "divergence theorem over the surface")
            }
            None => {
                let solid = voxel * (sums.solid + of_solid * sums.edge);
                (solid.clamp(0.0, total), voxel * sums.crossed, false, "solid voxels")
            }
        };
        let void = 1.0 - solid / total;
        let mut add = |id: &str, value: f64, unit: Unit, floor: f64, what: &str| {
            if zone.asks(id) {
                let figure = Figure::new(value, unit, format!("{what}; {counted}"));
                out.add(zone.figure(id), Figure { exact, ..figure }.floor(floor));
            }
        };
        let open = (moved + 1e-7 * total, moved + crossed + 1e-7 * total);
        add("volume.total", total * MM3, Unit::CubicMillimetre, open.0 * MM3, "volume of the envelope");
        add("volume.solid", solid * MM3, Unit::CubicMillimetre, open.1 * MM3, how);
        let floor = porosity.floor + (crossed + moved * void.max(1.0 - void)) / total;
        add("porosity.total", void, Unit::One, floor, &format!("1 − BV/TV; BV by {how}"));
        if zone.asks_of("surface") {
            surface(study, closed, zone, (total, solid), open, &edges, out);
        }
    }
}

/// The volume of the solid of a closed mesh in a slab or a shell, in µm³.
fn by_surface(study: &Study<'_>, zone: &Placed<'_>) -> Option<f64> {
    let Solid::Mesh(mesh) = &study.design.solid else { return None };
    mesh.volume().filter(|_| study.envelope.body.region.is_none())?;
    let reach = study.frame().coarsest();
    match zone.shape() {
        Shape::Slab { axis, low, high } => {
            Some(mesh.surface.iter().map(|t| flux_through_slab(t, (*axis, *low, *high))).sum())
        }
        Shape::Shell { axis, middle, inner, outer } => {
            Some(mesh.surface.iter().map(|t| flux_through_shell(t, *axis, middle, (*inner, *outer), reach)).sum())
        }
        Shape::Stencil(_) => None,
    }
}

/// Counts the whole and each zone.
fn counted(study: &Study<'_>, cut: &Mask, zones: &[&Placed<'_>], exec: &Exec) -> (Sums, Vec<Sums>) {
    let [_, ny, nz] = study.frame().size;
    let planes = exec.map(nz, |z| {
        let mut sums = vec![Sums::default(); zones.len() + 1];
        for y in 0..ny {
            study.inside.runs(y, z, |from, to| {
                for x in from..to {
                    let solid = solid_share(study, [x, y, z]);
                    let rim = cut.get(x, y, z);
                    sums[0].add(1.0, solid, rim);
                    for (sum, zone) in sums[1..].iter_mut().zip(zones) {
                        sum.add(zone.share([x, y, z]), solid, rim);
                    }
                }
            });
        }
        sums
    });
    let mut all = vec![Sums::default(); zones.len() + 1];
    for plane in &planes {
        all.iter_mut().zip(plane).for_each(|(sum, part)| sum.absorb(part));
    }
    let whole = all.remove(0);
    (whole, all)
}

/// The surface in a zone whose volume and solid are known, with what these may be off.
fn surface(
    study: &Study<'_>,
    closed: &Closed,
    zone: &Placed<'_>,
    (total, solid): (f64, f64),
    open_by: (f64, f64),
    edges: &[Lack],
    out: &mut Figures,
) {
    let Some(whole) = out.figures.get("surface.area").cloned() else { return };
    let reach = study.frame().coarsest();
    let beyond = |p: &V3| match &study.envelope.body.region {
        Some(region) => zone.depth(p).min(region.depth(p)),
        None => zone.depth(p),
    };
    let mut open = 0.0;
    faces(study, closed, |triangle, face| {
        if face == Face::Open {
            open += match (zone.slab(), &study.envelope.body.region) {
                (Some(slab), None) => between(triangle, slab),
                _ => within(triangle, &beyond, reach),
            };
        }
    });
    open += edges.iter().filter(|e| e.face == Face::Open && beyond(&e.at) >= 0.0).map(|e| e.area).sum::<f64>();
    let relative = if whole.value > 0.0 { whole.floor / whole.value } else { 0.0 }.max(1e-6);
    let method = |of: &str| format!("{}; {of}; {}", whole.method, zone.place());
    let mut add = |id: &str, value: f64, unit: Unit, relative: f64, of: &str| {
        if zone.asks(id) {
            out.add(zone.figure(id), Figure::new(value, unit, method(of)).floor(relative * value));
        }
    };
    add("surface.area", open * MM2, Unit::SquareMillimetre, relative, "BS");
    add("surface.per_total_volume", open / total * 1e3, Unit::PerMillimetre, relative + open_by.0 / total, "BS/TV");
    if solid > 0.0 {
        add("surface.per_solid_volume", open / solid * 1e3, Unit::PerMillimetre, relative + open_by.1 / solid, "BS/BV");
    }
}
