//! Anisotropy: how much the walls prefer a direction, by the mean intercept length.
//!
//! The ellipsoid of the mean intercept lengths (see [`crate::voxel::intercepts`]) over the interface of solid and void
//! inside the envelope; solid that coincides with the envelope is no wall. Two definitions of the degree are in use and
//! both are given: 1 − (short/long)², which is 0 for no and 1 for full preference, and long/short, which begins at 1 and
//! has no end.

use super::details::Tensor;
use super::figure::{Figure, Figures};
use super::surface::area_within;
use crate::design::{Binarised, Finding, Severity, Solid, Study};
use crate::mesh::{V3, area_vector};
use crate::parallel::Exec;
use crate::units::Unit;
use crate::voxel::intercepts::fabric;

/// short/long below which the ellipsoid has no end to speak of.
const ENDLESS: f64 = 0.01;

/// By how much the rounded edges of a two-valued volume may move the degree.
const TWO_VALUED: f64 = 0.02;

/// Measures the anisotropy.
pub(super) fn measure(study: &Study<'_>, exec: &Exec, out: &mut Figures) {
    let walls = walls(study);
    let Some(found) = fabric(&walls, study.envelope.body.volume, exec) else {
        out.findings.push(Finding::new(
            "anisotropy.no_walls",
            Severity::Warning,
            "no wall between solid and void lies inside the envelope: there is no anisotropy to measure".to_owned(),
        ));
        return;
    };
    let exact = match &study.design.solid {
        Solid::Mesh(mesh) => mesh.closed() && study.envelope.body.region.is_none(),
        Solid::Volume { .. } => false,
    };
    let floor = match &study.design.solid {
        Solid::Volume { phases: Binarised::Two(..), .. } => TWO_VALUED,
        Solid::Volume { .. } => 0.01,
        Solid::Mesh(_) => 1e-6,
    };
    let figure = |value: f64, floor: f64, method: &str| {
        let method = format!("{method} of the mean-intercept-length ellipsoid, 192 directions");
        if exact { Figure::exact(value, Unit::One, method) } else { Figure::new(value, Unit::One, method) }.floor(floor)
    };
    let [longest, _, shortest] = found.inverse_squares;
    let squared = longest / shortest;
    out.add("anisotropy.degree", figure(1.0 - squared, floor, "1 − (short/long)²"));
    let ratio = squared.sqrt();
    let axes: Vec<Vec<f64>> = found.axes.iter().map(|v| vec![v.x + 0.0, v.y + 0.0, v.z + 0.0]).collect();
    if ratio > ENDLESS {
        // d(1/ratio) of a change of the degree.
        let own = floor / (2.0 * ratio.powi(3));
        out.add("anisotropy.ratio", figure(1.0 / ratio, own, "long/short"));
    } else {
        let [x, y, z] = [0, 1, 2].map(|a| crate::units::significant(found.axes[0][a], 2));
        out.findings.push(Finding::new(
            "anisotropy.endless",
            Severity::Info,
            format!(
                "lines along ({x}, {y}, {z}) meet no wall: the ratio of the longest to the shortest axis has no value"
            ),
        ));
    }
    let tensor = |value: Vec<Vec<f64>>, method: &str| Tensor { unit: Unit::One, value, method: method.to_owned() };
    let tensors = &mut out.details.tensors;
    tensors.insert(
        "anisotropy.axes".to_owned(),
        tensor(axes, "unit vectors along the axes of the mean-intercept-length ellipsoid, the longest first"),
    );
    let trace = found.matrix.trace();
    let rows = (0..3).map(|i| (0..3).map(|j| found.matrix[(i, j)] / trace + 0.0).collect()).collect();
    tensors.insert(
        "anisotropy.fabric".to_owned(),
        tensor(rows, "matrix A of ωᵀAω = 1/MIL(ω)², mean intercept length along ω, over its trace"),
    );
}

/// Area vectors of the interface between solid and void inside the envelope.
fn walls(study: &Study<'_>) -> Vec<V3> {
    let body = &study.envelope.body;
    match &study.design.solid {
        Solid::Mesh(mesh) => {
            let walls = mesh.surface.iter().filter(|t| !body.holds_on_surface(t));
            let within = |t: &[V3; 3]| {
                let area = area_vector(*t);
                match &body.region {
                    Some(region) if area.norm() > 0.0 => area * (area_within(t, &|p| region.depth(p), 0) / area.norm()),
                    _ => area,
                }
            };
            walls.map(within).collect()
        }
        Solid::Volume { .. } => {
            let frame = study.frame();
            let origin = V3::from(frame.origin);
            let facets = study.field.surface.iter().map(|f| f.map(|c| origin + V3::from(c.map(f64::from))));
            facets
                .map(|t| (t, area_vector(t)))
                .filter(|(t, area)| {
                    body.depth(&((t[0] + t[1] + t[2]) / 3.0)) >= 0.0 && !body.bounds(t, area, 0.3 * frame.coarsest())
                })
                .map(|(_, area)| area)
                .collect()
        }
    }
}
