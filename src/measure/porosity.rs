//! Volume and porosity: TV, BV, Po(tot), Po(op), Po(cl).
//!
//! BV of a closed mesh is exact, by the divergence theorem over its true surface; of a volume it is the count of solid
//! voxels; of a mesh with holes it is summed over the signed distance, voxels at the surface counting in part. Po(op)
//! and Po(cl) are both over TV, so that they add up to the total (CTAn divides Po(cl) by the volume of solid and closed
//! void instead). Closed void touches no face of the envelope; on a mesh whose shells are separate it is decided from
//! the shells, else from the voxels (6-connected).

use super::figure::{Figure, Figures};
use crate::design::{EnvelopeKind, Finding, Severity, Solid, Study};
use crate::grid::{Border, Connectivity, Mask};
use crate::mesh::V3;
use crate::mesh::solid::SolidMesh;
use crate::parallel::Exec;
use crate::units::Unit;
use crate::voxel::labels::Labels;

const MM3: f64 = 1e-9;

/// The reading in the convex hull.
pub const HULL: &str = "the convex hull as envelope";

/// What settles it where that makes another verdict.
pub const HULL_REMEDY: &str = "say which body is meant: --envelope box or --envelope hull";

/// The reading of a design in its wrap, and what to do where it disagrees.
pub const WRAPPED: &str = "the wrap as envelope";
/// What to say to settle it.
pub const WRAP_REMEDY: &str = "the part is concave: say which body is meant: --envelope wrap, box or hull";

/// Void that does not reach the body's surface.
#[derive(Clone, Debug)]
pub struct Closed {
    /// Its voxels.
    pub voxels: Mask,
    /// Its volume in µm³.
    pub volume: f64,
}

/// Measures volumes and porosities; returns what is closed.
pub fn measure(study: &Study<'_>, exec: &Exec, out: &mut Figures) -> Closed {
    let total = study.envelope.body.volume;
    let frame = study.frame();
    let solid_voxels = study.solid.count() as f64 * frame.voxel_volume();
    let kind = study.envelope.body.kind.id();
    let (solid, exact, how) = match (&study.design.solid, &study.blocks) {
        (Solid::Volume { .. }, Some(blocks)) => {
            (blocks.solid_in(&study.envelope.body, &study.inside, exec) * total, true, "solid voxels of the volume")
        }
        (Solid::Volume { .. }, None) => {
            (solid_voxels * total / (study.voxels() as f64 * frame.voxel_volume()), true, "solid voxels")
        }
        // What lies outside a body from a file does not count.
        (Solid::Mesh(_), _) if study.envelope.body.region.is_some() => {
            (partial_volume(study, exec), false, "signed distance with partial voxels, inside the envelope")
        }
        (Solid::Mesh(mesh), _) => match mesh.volume() {
            Some(volume) => {
                let grid = partial_volume(study, exec);
                let off = (grid / volume - 1.0).abs();
                if off > 0.05 && off * volume > 2.0 * frame.coarsest() * mesh.area() * 0.1 {
                    out.findings.push(Finding::new(
                        "volume.disagrees",
                        Severity::Warning,
                        format!(
                            "the volume of the mesh and of its voxels differ by {:.1} %: the surface may be faulty",
                            100.0 * off
                        ),
                    ));
                }
                (volume, true, "divergence theorem over the surface")
            }
            None => (
                partial_volume(study, exec),
                false,
                "signed distance with partial voxels, holes closed by winding number",
            ),
        },
    };
    let figure = |value, unit, method: String| {
        if exact { Figure::exact(value, unit, method) } else { Figure::new(value, unit, method) }
    };
    out.add(
        "volume.total",
        Figure::exact(total * MM3, Unit::CubicMillimetre, format!("volume of the envelope ({kind})")),
    );
    out.add("volume.solid", figure(solid * MM3, Unit::CubicMillimetre, how.to_owned()).floor(1e-7 * solid * MM3));
    // A body full of solid has a porosity of 0, not of a rounding below it.
    let porosity = (1.0 - solid / total).max(0.0);
    let hull = study.envelope.hull.volume;
    let mut por =
        figure(porosity, Unit::One, format!("1 − BV/TV; BV by {how}, TV of the envelope ({kind})")).floor(1e-7);
    // A hull or a cylinder round voxels is off by half a voxel all round.
    let body = &study.envelope.body;
    if matches!(study.design.solid, Solid::Volume { .. })
        && matches!(body.kind, EnvelopeKind::Hull | EnvelopeKind::Cylinder)
    {
        let size = body.high - body.low;
        let shell = (0..3).map(|a| frame.spacing[a] / size[a]).sum::<f64>();
        let floor = (1.0 - porosity) * shell;
        por = por.floor(floor);
    }
    if study.envelope.auto {
        por = por.or(HULL, Some(1.0 - solid / hull), HULL_REMEDY);
    }
    if let Some(wrap) = &study.envelope.wrap {
        por = por.or(WRAPPED, Some((1.0 - solid / wrap.volume).max(0.0)), WRAP_REMEDY);
    }
    out.add("porosity.total", por);

    closed(study, total, exec, out)
}

/// Volume of the solid in the body with voxels at the surface in part, in µm³.
fn partial_volume(study: &Study<'_>, exec: &Exec) -> f64 {
    let frame = study.frame();
    let planes = exec.map(frame.size[2], |z| {
        let mut sum = 0.0;
        for y in 0..frame.size[1] {
            study.inside.runs(y, z, |from, to| {
                sum += (from..to).map(|x| solid_share(study, [x, y, z])).sum::<f64>();
            });
        }
        sum
    });
    planes.into_iter().sum::<f64>() * frame.voxel_volume()
}

/// How much of a voxel is solid: on a mesh by the distance to its surface, of a volume all or nothing, or the share of the
/// voxels that it was joined of.
pub(super) fn solid_share(study: &Study<'_>, voxel: [usize; 3]) -> f64 {
    let [x, y, z] = voxel;
    if matches!(study.design.solid, Solid::Volume { .. }) {
        let whole = || f64::from(u8::from(study.solid.get(x, y, z)));
        return study.blocks.map_or_else(whole, |blocks| blocks.solid_of(voxel));
    }
    let h = V3::from(study.frame().spacing);
    let i = study.frame().index(x, y, z);
    let d = f64::from(study.field.values[i]);
    if d.abs() >= h.norm() / 2.0 {
        return f64::from(d < 0.0);
    }
    let p = study.field.local(voxel);
    let away = p - study.field.foot(study.field.nearest[i], &p);
    let width = away.try_normalize(0.0).map_or(0.0, |away| away.abs().dot(&h));
    if width > 0.0 { (0.5 - d / width).clamp(0.0, 1.0) } else { 0.5 }
}

fn closed(study: &Study<'_>, total: f64, exec: &Exec, out: &mut Figures) -> Closed {
    let frame = study.frame();
    let border = study.field.border;
    // On the torus what winds round an axis is open; elsewhere what touches the envelope's boundary.
    let shell = if border == Border::Open { study.inside.rim() } else { Mask::empty(frame.size) };
    let labels = Labels::new(&study.void, Connectivity::Six, border, &[&shell], exec);
    let is_closed = |touches: u32| touches == 0;
    let voxels = labels.select(|c| is_closed(c.touches));
    let counted = voxels.count() as f64 * frame.voxel_volume();
    let mut volume = counted;
    let how_closed = match border {
        Border::Open => "void voxels that do not reach the envelope (6-connected), over TV",
        Border::Periodic => "void voxels in components that wind round no axis (6-connected), over TV",
    };
    let mut figure = Figure::new(0.0, Unit::One, how_closed.to_owned());
    if let Solid::Mesh(mesh) = &study.design.solid {
        if study.decided_by_shells(mesh) {
            volume = cavities(mesh);
            figure = Figure::exact(0.0, Unit::One, "volume of the cavities' shells over TV".to_owned());
        } else if mesh.shells.ambiguous.count > 0 {
            let nested: f64 = mesh
                .shells
                .shells
                .iter()
                .filter(|s| s.volume > 0.0 && s.parent.is_some_and(|p| mesh.shells.shells[p].volume > 0.0))
                .map(|s| s.volume)
                .sum();
            figure = figure.or(
                "nested shells as cavities",
                Some((counted + nested) / total),
                "turn the shells that are cavities inward, or join those that overlap",
            );
        }
    } else if study.blocks.is_none() {
        figure = Figure::exact(0.0, Unit::One, how_closed.to_owned());
    }
    figure.value = volume / total;
    let por = out.figures.get("porosity.total").cloned();
    // A body without void has no share of it.
    if let Some(por) = por.filter(|p| p.value > 1e-7) {
        let mut open = Figure { value: (por.value - figure.value).max(0.0), ..por };
        open.exact &= figure.exact;
        open.method = "Po(tot) − Po(cl), over TV".to_owned();
        open.alternatives.clear();
        out.add("porosity.open", open);
        out.add(
            "interconnectivity.open_fraction",
            Figure {
                exact: figure.exact && por.exact,
                ..Figure::new((1.0 - figure.value / por.value).max(0.0), Unit::One, "open void over void")
            },
        );
    }
    if volume > 0.0 {
        let mut finding = Finding::new(
            "void.closed",
            Severity::Warning,
            format!("closed pores: {:.3} mm³ of void that nothing can reach", volume * MM3),
        );
        if let Some(first) = labels.components.iter().filter(|c| is_closed(c.touches)).max_by_key(|c| c.voxels) {
            finding = finding.at(frame.centre(first.first));
        }
        out.findings.push(finding);
    }
    out.add("porosity.closed", figure);
    Closed { voxels, volume }
}

/// Volume of void inside the shells of a mesh whose shells are separate, in µm³.
fn cavities(mesh: &SolidMesh) -> f64 {
    let shells = &mesh.shells.shells;
    let holes: f64 = shells.iter().filter(|s| s.volume < 0.0).map(|s| -s.volume).sum();
    // Islands inside a cavity are not void.
    let islands: f64 = shells
        .iter()
        .filter(|s| s.volume > 0.0 && s.parent.is_some_and(|p| shells[p].volume < 0.0))
        .map(|s| s.volume)
        .sum();
    holes - islands
}
