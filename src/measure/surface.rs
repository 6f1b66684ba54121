//! Surface: BS, BS/TV, BS/BV.
//!
//! The interface with open void, with closed void, and the solid that coincides with the envelope (caps) add up to the
//! whole surface; the ratios use the first. On a mesh the areas are sums over its true surface, exact; on a volume over
//! the surface between the phases, which on grey levels converges, and on two values is that of the smoothed mask with what it
//! cuts off sharp edges.

use super::figure::{Figure, Figures};
use super::porosity::Closed;
use crate::design::{Binarised, EnvelopeKind, Region, Solid, Study};
use crate::mesh::{V3, area_vector};
use crate::parallel::Exec;
use crate::units::Unit;
use crate::voxel::crofton;
use crate::voxel::sharp_edges::sharp_edges;

const MM2: f64 = 1e-6;

/// How far in voxels the surface of a smoothed mask cuts the edge where two flat faces meet, along either face.
const CUT: f64 = 1.120_05;

/// Measures the surface; `closed` is the closed void.
pub fn measure(study: &Study<'_>, closed: &Closed, exec: &Exec, out: &mut Figures) {
    let frame = study.frame();
    let body = &study.envelope.body;
    let from_file = body.kind == EnvelopeKind::File;
    let (mut open, mut shut, mut cap) = (0.0, 0.0, 0.0);
    faces(study, closed, |triangle, face| {
        let mut add = |area: f64, face: Face| match face {
            Face::Open => open += area,
            Face::Shut => shut += area,
            Face::Cap => cap += area,
        };
        match (&study.design.solid, &body.region) {
            // What of a triangle lies on the surface of a region that was drawn for itself is not told by its corners.
            (Solid::Mesh(_), Some(region)) if from_file && face != Face::Cap => {
                small(triangle, frame.coarsest(), &mut |piece| {
                    if !body.holds_on_surface(piece) {
                        add(area_within(piece, &|p| region.depth(p), 0), face);
                    }
                });
            }
            (Solid::Mesh(_), Some(region)) => add(area_within(triangle, &|p| region.depth(p), 0), face),
            _ => add(area_vector(*triangle).norm(), face),
        }
    });
    for edge in edges(study, closed, exec) {
        *(if edge.face == Face::Shut { &mut shut } else { &mut open }) += edge.area;
    }
    if let Some(region) = body.region.as_ref().filter(|_| from_file) {
        cap = region_caps(study, region, exec);
    }
    let (exact, method) = match &study.design.solid {
        Solid::Mesh(mesh) => (mesh.closed() && body.region.is_none(), "sum over the triangles of the surface"),
        Solid::Volume { phases, .. } => {
            if body.kind == EnvelopeKind::Grid {
                cap += cut_faces(study);
            }
            let method = match phases {
                Binarised::Two(..) if study.blocks.is_some() => "iso-surface of joined voxels (marching cubes)",
                Binarised::Two(..) => {
                    "surface of the smoothed mask (marching cubes), sharp edges between flat faces restored"
                }
                _ => "iso-surface of the grey levels (marching cubes)",
            };
            (false, method)
        }
    };
    let figure = |value: f64, unit, of: &str| {
        let method = format!("{method}; {of}");
        if exact { Figure::exact(value, unit, method).floor(1e-6 * value) } else { Figure::new(value, unit, method) }
    };
    // Two values leave the surface open: flat faces and their edges are exact, what is round is not. A second estimate with
    // other faults says by how much.
    let floor = match &study.design.solid {
        Solid::Volume { phases: Binarised::Two(..), .. } => {
            let second = crofton::area(frame, study.field.border, &study.solid, exec);
            let method = "lines along 13 directions through the voxels (Crofton); interface with all void";
            let all = open + shut;
            let spread = if all > 0.0 { (second / all - 1.0).abs() } else { 0.0 };
            let figure = Figure::new(second * MM2, Unit::SquareMillimetre, method);
            out.add("surface.area_crofton", figure.floor((spread + 0.02) * second * MM2));
            spread + 0.02
        }
        Solid::Volume { .. } => 0.01,
        Solid::Mesh(_) if body.region.is_some() => 0.01,
        Solid::Mesh(_) => 0.0,
    };
    let mut add = |id: &str, value: f64, unit, of: &str| {
        let f = figure(value, unit, of);
        let least = f.floor.max(floor * value);
        out.add(id, f.floor(least));
    };
    add("surface.area", open * MM2, Unit::SquareMillimetre, "interface with open void, without caps");
    add("surface.closed_area", shut * MM2, Unit::SquareMillimetre, "interface with closed void");
    add("surface.cap_area", cap * MM2, Unit::SquareMillimetre, "solid that coincides with the envelope");
    add(
        "surface.per_total_volume",
        open / body.volume * 1e3,
        Unit::PerMillimetre,
        "BS/TV, open interface without caps",
    );
    if let Some(solid) = out.figures.get("volume.solid").map(|f| f.value / 1e-9) {
        add_ratio(out, open / solid * 1e3, exact, floor, method);
    }
}

/// What a piece of the surface lies at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Face {
    /// Void that is open.
    Open,
    /// Closed void.
    Shut,
    /// The envelope, which cuts the solid there.
    Cap,
}

/// The triangles of the surface, with what each lies at.
pub(super) fn faces(study: &Study<'_>, closed: &Closed, mut f: impl FnMut(&[V3; 3], Face)) {
    let frame = study.frame();
    let body = &study.envelope.body;
    let towards_void = |triangle: &[V3; 3]| {
        let shut = closed.volume > 0.0 && study.faces(triangle, &closed.voxels);
        if shut { Face::Shut } else { Face::Open }
    };
    if let Solid::Mesh(mesh) = &study.design.solid {
        for triangle in &mesh.surface {
            let cap = body.holds_on_surface(triangle);
            f(triangle, if cap { Face::Cap } else { towards_void(triangle) });
        }
        return;
    }
    let origin = V3::from(frame.origin);
    for facet in &study.field.surface {
        let triangle = facet.map(|c| origin + V3::new(f64::from(c[0]), f64::from(c[1]), f64::from(c[2])));
        let normal = area_vector(triangle);
        // The surface of a volume may reach beyond a body that is smaller than its grid.
        if body.depth(&((triangle[0] + triangle[1] + triangle[2]) / 3.0)) >= 0.0 {
            let cap = body.bounds(&triangle, &normal, 0.3 * frame.coarsest());
            f(&triangle, if cap { Face::Cap } else { towards_void(&triangle) });
        }
    }
}

/// What the surface of a smoothed mask lacks at a sharp edge between flat faces.
pub(super) struct Lack {
    /// Where the edge is, about.
    pub(super) at: V3,
    /// The area, in µm².
    pub(super) area: f64,
    /// What the edge lies at.
    pub(super) face: Face,
}

/// What the surface lacks along sharp edges; nothing where it is known better than by a smoothed mask.
pub(super) fn edges(study: &Study<'_>, closed: &Closed, exec: &Exec) -> Vec<Lack> {
    if !matches!(study.design.solid, Solid::Volume { phases: Binarised::Two(..), .. }) {
        return Vec::new();
    }
    let frame = study.frame();
    let h = frame.spacing;
    // Two sides against the straight way between their ends.
    let lacks: [f64; 3] = std::array::from_fn(|a| {
        let (p, q) = (h[(a + 1) % 3], h[(a + 2) % 3]);
        CUT * (p + q - p.hypot(q)) * h[a]
    });
    sharp_edges(study.field.border, &study.solid, exec)
        .into_iter()
        .filter(|edge| study.inside.get(edge.outside[0], edge.outside[1], edge.outside[2]))
        .map(|edge| {
            let [x, y, z] = edge.outside;
            let shut = closed.volume > 0.0 && closed.voxels.get(x, y, z);
            let face = if shut { Face::Shut } else { Face::Open };
            Lack { at: V3::from(frame.centre(edge.outside)), area: lacks[edge.axis], face }
        })
        .collect()
}

/// Area of the part of a triangle that lies where `depth` is not negative: a triangle that straddles the surface of the
/// body is cut into four, and so on.
pub(super) fn area_within(triangle: &[V3; 3], depth: &impl Fn(&V3) -> f64, level: u32) -> f64 {
    let area = area_vector(*triangle).norm();
    let within = triangle.iter().filter(|v| depth(v) >= 0.0).count();
    let [a, b, c] = triangle;
    let middle = depth(&((a + b + c) / 3.0)) >= 0.0;
    match within {
        3 if middle => area,
        0 if !middle && level > 0 => 0.0,
        _ if level >= 6 => f64::from(u8::from(middle)) * area,
        _ => {
            let (ab, bc, ca) = ((a + b) / 2.0, (b + c) / 2.0, (c + a) / 2.0);
            let parts = [[*a, ab, ca], [ab, *b, bc], [ca, bc, *c], [ab, bc, ca]];
            parts.iter().map(|part| area_within(part, depth, level + 1)).sum()
        }
    }
}

fn add_ratio(out: &mut Figures, value: f64, exact: bool, floor: f64, method: &str) {
    let mut figure = Figure::new(value, Unit::PerMillimetre, format!("{method}; BS/BV, open interface without caps"));
    figure.exact = exact;
    out.add("surface.per_solid_volume", figure.floor((floor * value).max(1e-6 * value)));
}

/// Area of the surface of a region from a file with solid behind it, in µm²: the region cuts it, or it ends there.
fn region_caps(study: &Study<'_>, region: &Region, exec: &Exec) -> f64 {
    let frame = study.frame();
    let h = frame.coarsest();
    let solid = |p: &V3| -frame.interpolate((*p).into(), |i| f64::from(study.field.values[i])).0;
    let triangles = region.surface(exec);
    let areas = exec.map_items(&triangles, |triangle| {
        let normal = area_vector(*triangle).try_normalize(0.0)?;
        // Half a voxel within, where the grid has voxels.
        let within = |p: &V3| solid(&(p - normal * (0.5 * h)));
        let mut area = 0.0;
        small(triangle, h, &mut |piece| {
            // Shells that overlap have sides within the region.
            if region.depth(&((piece[0] + piece[1] + piece[2]) / 3.0)).abs() <= 0.5 * region.step() {
                area += area_within(piece, &within, 0);
            }
        });
        Some(area)
    });
    areas.into_iter().flatten().sum()
}

/// Hands out a triangle in pieces whose sides are no longer than `most`.
fn small(triangle: &[V3; 3], most: f64, f: &mut impl FnMut(&[V3; 3])) {
    let side = |k: usize| (triangle[(k + 1) % 3] - triangle[k]).norm();
    let Some(k) = (0..3).max_by(|a, b| side(*a).total_cmp(&side(*b))).filter(|k| side(*k) > most) else {
        f(triangle);
        return;
    };
    let [a, b, c] = std::array::from_fn(|i| triangle[(k + i) % 3]);
    let middle = (a + b) / 2.0;
    small(&[a, middle, c], most, f);
    small(&[middle, b, c], most, f);
}

/// Area of the solid on the outer faces of the grid, in µm².
fn cut_faces(study: &Study<'_>) -> f64 {
    let frame = study.frame();
    let [nx, ny, nz] = frame.size;
    let h = frame.spacing;
    let mut area = 0.0;
    for z in 0..nz {
        for y in 0..ny {
            study.solid.runs(y, z, |from, to| {
                let on = |edge: bool| f64::from(u8::from(edge));
                area += (on(from == 0) + on(to == nx)) * h[1] * h[2];
                area += (to - from) as f64
                    * ((on(y == 0) + on(y + 1 == ny)) * h[0] * h[2] + (on(z == 0) + on(z + 1 == nz)) * h[0] * h[1]);
            });
        }
    }
    area
}
