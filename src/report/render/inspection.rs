//! What is in files, as text for a terminal of 80 columns.

use std::fmt::Write as _;

use crate::design::Severity;
use crate::report::words::{place, wrap};
use crate::report::{FileEntry, Inspection, MeshEntry, VolumeEntry};
use crate::units::{Length, significant};

/// The inspection as text.
#[must_use]
pub fn render(inspection: &Inspection) -> String {
    let mut out = String::new();
    for (k, file) in inspection.files.iter().enumerate() {
        if k > 0 {
            out.push('\n');
        }
        self::file(&mut out, file);
    }
    out
}

fn row(out: &mut String, name: &str, text: &str) {
    let body = wrap(text, "                   ");
    let _ = write!(out, "  {name:16} {}", body.trim_start());
}

fn file(out: &mut String, file: &FileEntry) {
    out.push_str(&wrap(&file.path, ""));
    if let Some(format) = &file.format {
        row(out, "format", &format.to_uppercase());
    }
    if let Some(unit) = &file.unit {
        let assumed = if file.unit_assumed == Some(true) { " (assumed: the file names none)" } else { "" };
        row(out, "unit", &format!("{unit}{assumed}"));
    }
    if let Some([x, y, z]) = file.size_um.map(|s| s.map(|s| significant(s / 1e3, 5))) {
        row(out, "size of the solid", &format!("{x} × {y} × {z} mm"));
    }
    if let Some(mesh) = &file.mesh {
        self::mesh(out, mesh);
    }
    if let Some(volume) = &file.volume {
        self::volume(out, volume);
    }
    for f in &file.findings {
        let mark = match f.severity {
            Severity::Info => "·",
            Severity::Warning => "!",
            Severity::Error => "!!",
        };
        let at = f.at_um.map(|p| format!(", at {}", place(p))).unwrap_or_default();
        let text = wrap(&format!("{}{at}", f.message), "    ");
        let _ = write!(out, "  {mark} {}", text.trim_start());
    }
    for e in &file.errors {
        let at = e.at.as_ref().map(|a| format!(" ({a})")).unwrap_or_default();
        let text = wrap(&format!("{} {}{at}", e.kind, e.message), "    ");
        let _ = write!(out, "  ✗ {}", text.trim_start());
    }
}

fn mesh(out: &mut String, m: &MeshEntry) {
    row(out, "triangles", &format!("{}, {} vertices", m.triangles, m.vertices));
    let genus = m.genus.map(|g| format!(", {g} handles")).unwrap_or_default();
    row(out, "surfaces", &format!("{}, of which {} bound cavities{genus}", m.shells, m.cavities));
    let sound = match (m.watertight, m.separate) {
        (true, true) => "watertight, no shell crosses or touches another",
        (true, false) => "watertight; shells cross, touch or overlap",
        (false, _) => "not watertight",
    };
    row(out, "soundness", sound);
    row(
        out,
        "faults",
        &format!(
            "{} open edges, {} edges of more than two triangles, {} crossing pairs, {} triangles without area",
            m.open_edges, m.non_manifold_edges, m.intersections, m.degenerate_triangles
        ),
    );
    if let Some(volume) = m.volume_mm3 {
        row(out, "volume", &format!("{} mm³", significant(volume, 6)));
    }
    row(out, "area", &format!("{} mm²", significant(m.area_mm2, 6)));
}

fn volume(out: &mut String, v: &VolumeEntry) {
    let [x, y, z] = v.voxels;
    row(out, "voxels", &format!("{x} × {y} × {z}"));
    if let Some(spacing) = v.spacing_um {
        row(out, "spacing", &spacing.map(|s| Length::from_um(s).to_string()).join(" × "));
    }
    row(out, "values", &format!("{} to {}", significant(v.range[0], 6), significant(v.range[1], 6)));
    if let Some(threshold) = &v.threshold {
        let share = v.solid_share.map(|s| format!("; {} % is solid", significant(100.0 * s, 4))).unwrap_or_default();
        row(out, "phases", &format!("{threshold}{share}"));
    }
    // By the root, so that small classes show beside large ones.
    let most = v.counts.iter().copied().max().unwrap_or(1).max(1) as f64;
    for (k, count) in v.counts.iter().enumerate().filter(|(_, c)| **c > 0) {
        let bar = "█".repeat((40.0 * (*count as f64 / most).sqrt()).ceil() as usize);
        let _ = writeln!(out, "  {:>10} {bar} {count}", significant(v.edges[k], 5));
    }
}
