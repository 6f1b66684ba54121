//! What the voxels of a scan leave open of a figure beyond its own uncertainty.
//!
//! The uncertainty of a figure says how well the volume that was given was measured. Where a volume is an image of a
//! design, noise and the threshold stand between the two, and a comparison has to know by how much: of counts of voxels
//! half a voxel times the surface; of the body a voxel all round; of anisotropy the walls that lie in its faces; of pieces,
//! and of closed and blind void, those that are specks of less than 2.5 voxels; of sizes that are not resolved the median.

use crate::measure::{Places, measure_of};
use crate::report::DesignEntry;
use crate::units::Unit;

/// Voxels across which something in a scan has to be to count, and not to be noise.
const RESOLVED: f64 = 2.5;

/// What the voxels of a volume leave open of a figure; nothing of a mesh.
pub(super) fn left_open(design: &DesignEntry, id: &str) -> f64 {
    let (Some(spacing), true) = (design.source.spacing_um, design.source.voxels.is_some()) else { return 0.0 };
    let voxel = spacing.iter().copied().fold(0.0, f64::max);
    let value = |id: &str| design.measurements.get(id).map_or(0.0, |m| m.value);
    let share = 0.5 * voxel * 1e-3 * value("surface.per_total_volume");
    let speck = (RESOLVED * voxel).powi(3) * 1e-9;
    let void = |kind: &str, all: f64| {
        let known: Option<&Places> = design.details.voids.get(kind);
        known.map_or(all * value("volume.total"), |v| v.places.first().map_or(0.0, |p| p.volume_mm3)) <= speck
    };
    let family = id.split('.').next().unwrap_or("");
    match measure_of(id) {
        "porosity.total" | "porosity.open" => share,
        "volume.solid" => share * value("volume.total"),
        "porosity.closed" | "surface.closed_area" if void("closed", value("porosity.closed")) => value(id),
        "interconnectivity.open_fraction" if void("closed", value("porosity.closed")) => 1.0 - value(id),
        "interconnectivity.through_fraction" if void("blind", 1.0) => 1.0 - value(id),
        // Which pores and struts the faces of the body cut hangs on a part of a voxel.
        "pore_size.cut_fraction" => 1.0,
        "surface.cap_area" => design.envelope.as_ref().map_or(0.0, |e| {
            let [x, y, z] = e.size_um.map(|s| s * 1e-3);
            2.0 * (x * y + y * z + z * x)
        }),
        // Walls in the faces of the body count or not by a part of a voxel: at worst those across one axis alone.
        "anisotropy.degree" | "anisotropy.ratio" => {
            let faces = design.envelope.as_ref().map_or(0.0, |e| {
                let [x, y, z] = e.size_um.map(|s| s * 1e-3);
                2.0 * (x * y).max(y * z).max(z * x)
            });
            let one_axis = faces * (1.0 - value("porosity.total")) / value("surface.area").max(f64::MIN_POSITIVE);
            if id == "anisotropy.degree" { one_axis } else { one_axis / 2.0 * value(id).powi(3) }
        }
        "volume.total" => design
            .envelope
            .as_ref()
            .map_or(0.0, |e| e.volume_mm3 * e.size_um.iter().map(|s| 2.0 * voxel / s).sum::<f64>()),
        "solid.components" | "solid.loose_fraction" => {
            let pieces = value("solid.components") - 1.0;
            let loose = value("solid.loose_fraction") * value("volume.solid");
            let specks = pieces > 0.0 && loose / pieces <= speck;
            if specks { if id == "solid.components" { pieces } else { value(id) } } else { 0.0 }
        }
        _ if matches!(family, "strut" | "pore_size")
            && !measure_of(id).ends_with(".sd")
            && value(id) < RESOLVED * voxel =>
        {
            let median = design.measurements.get(&format!("{family}.d50"));
            median
                .filter(|_| design.measurements.get(id).is_some_and(|m| m.unit == Unit::Micrometre))
                .map_or(0.0, |m| m.value)
        }
        _ => 0.0,
    }
}
