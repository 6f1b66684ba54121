//! What is in files, without measuring them.

use std::path::{Path, PathBuf};

use super::names::showable;
use crate::design::{Design, DesignError, EnvelopeChoice, Options, Solid};
use crate::grid::Levels;
use crate::input::{Content, Loaded, load_with};
use crate::limits::Limits;
use crate::parallel::{Cancelled, Exec};
use crate::report::{
    ErrorEntry, FileEntry, FindingEntry, INSPECT_SCHEMA, Inspection, MeshEntry, Tool, VolumeEntry, finding_entry,
};

/// Classes of the histogram.
const CLASSES: usize = 32;

/// Looks into files; those that cannot be used are reported beside the others.
///
/// # Errors
/// When the run was cancelled.
pub fn inspect(files: &[PathBuf], options: &Options, limits: &Limits, exec: &Exec) -> Result<Inspection, Cancelled> {
    let options = Options { envelope: EnvelopeChoice::Box, ..options.clone() };
    let files = files.iter().map(|file| one(file, &options, limits, exec)).collect::<Result<_, _>>()?;
    Ok(Inspection { schema: INSPECT_SCHEMA.to_owned(), tool: Tool::this(), files })
}

fn one(file: &Path, options: &Options, limits: &Limits, exec: &Exec) -> Result<FileEntry, Cancelled> {
    exec.stage(&format!("reading {}", showable(file)))?;
    let mut entry = FileEntry { path: showable(file), ..FileEntry::default() };
    let wrong = |entry: &mut FileEntry, kind: &str, message: String, at: Option<String>| {
        entry.errors.push(ErrorEntry { kind: kind.to_owned(), message, at });
    };
    let loaded = match load_with(file, options.raw.as_ref(), limits) {
        Ok(loaded) => loaded,
        Err(mut e) => {
            let at = e.at.take();
            wrong(&mut entry, e.kind.id(), e.to_string(), at);
            return Ok(entry);
        }
    };
    entry.format = Some(loaded.format.id().to_owned());
    entry.sha256 = Some(loaded.sha256.clone());
    entry.volume = histogram(&loaded);
    match Design::new(loaded, options, limits, exec) {
        Ok(design) => fill(&mut entry, &design),
        Err(DesignError::Cancelled(c)) => return Err(c),
        Err(DesignError::Input(mut e)) => {
            let at = e.at.take();
            wrong(&mut entry, e.kind.id(), e.to_string(), at);
        }
        Err(DesignError::Nothing { kind, message, remedy }) => {
            wrong(&mut entry, kind, format!("{message}: {remedy}"), None);
        }
    }
    Ok(entry)
}

/// The values of a volume, whether or not it can be measured.
fn histogram(loaded: &Loaded) -> Option<VolumeEntry> {
    let Content::Volume { volume, .. } = &loaded.content else { return None };
    let levels: &Levels = &volume.levels;
    let (low, high) = levels.range()?;
    let (low, high) = (f64::from(low), f64::from(high));
    let width = ((high - low) / CLASSES as f64).max(f64::MIN_POSITIVE);
    let mut counts = vec![0u64; CLASSES];
    for i in 0..levels.len() {
        let class = ((f64::from(levels.get(i)) - low) / width) as usize;
        counts[class.min(CLASSES - 1)] += 1;
    }
    Some(VolumeEntry {
        voxels: volume.size,
        spacing_um: None,
        range: [low, high],
        edges: (0..=CLASSES).map(|k| low + k as f64 * width).collect(),
        counts,
        threshold: None,
        solid_share: None,
    })
}

fn fill(entry: &mut FileEntry, design: &Design) {
    entry.unit = Some(design.source.unit.symbol().to_owned());
    entry.unit_assumed = Some(design.source.unit_assumed);
    let body = &design.envelope.body;
    let size = body.high - body.low;
    entry.size_um = Some([size.x, size.y, size.z]);
    entry.findings = design.findings.iter().map(finding_entry).collect::<Vec<FindingEntry>>();
    match &design.solid {
        Solid::Mesh(solid) => {
            let (mesh, topology) = (&solid.mesh, &solid.topology);
            let shells = &solid.shells.shells;
            let regular = solid.closed() && topology.non_manifold_edges.count == 0;
            // V − E + F = 2 (shells − handles), and three edges for two triangles.
            let used: std::collections::BTreeSet<u32> = mesh.triangles.iter().flatten().copied().collect();
            let (vertices, triangles) = (used.len() as i64, mesh.triangles.len() as i64);
            let genus = regular.then(|| shells.len() as i64 - (vertices - triangles / 2) / 2);
            entry.mesh = Some(MeshEntry {
                triangles: design.source.triangles.unwrap_or(mesh.triangles.len()),
                vertices: used.len(),
                shells: shells.len(),
                cavities: shells.iter().filter(|s| s.volume < 0.0).count(),
                genus,
                watertight: solid.closed(),
                separate: solid.separate(),
                open_edges: topology.open_edges.count,
                non_manifold_edges: topology.non_manifold_edges.count,
                intersections: solid.crossings.count,
                degenerate_triangles: topology.degenerate.count,
                volume_mm3: solid.volume().map(|v| v * 1e-9),
                area_mm2: solid.area() * 1e-6,
            });
        }
        Solid::Volume { frame, levels, phases } => {
            let solid = (0..levels.len()).filter(|&i| phases.signed(levels.get(i), 0.0) < 0.0).count();
            if let Some(volume) = &mut entry.volume {
                volume.spacing_um = Some(frame.spacing);
                volume.threshold.clone_from(&design.source.threshold);
                volume.solid_share = Some(solid as f64 / levels.len() as f64);
            }
        }
    }
}
