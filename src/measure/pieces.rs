//! Pieces of solid: how many there are, and how much lies outside the largest.
//!
//! On a mesh whose shells are separate the pieces are its outward shells, less their cavities: 26-connected voxels would
//! join islands less than a voxel apart. Else they are components of voxels (26-connected). In a periodic cell, pieces
//! that wind round no axis are loose.

use super::figure::{Figure, Figures};
use crate::design::{Finding, Severity, Solid, Study};
use crate::grid::{Border, Connectivity};
use crate::parallel::Exec;
use crate::units::{Unit, significant};
use crate::voxel::labels::{Labels, winds};

/// Measures the pieces.
pub fn measure(study: &Study<'_>, exec: &Exec, out: &mut Figures) {
    let frame = study.frame();
    // On the torus a piece that winds round no axis hangs on nothing.
    let mut hangs: Option<Vec<bool>> = None;
    let (volumes, places, exact, method): (Vec<f64>, Vec<[f64; 3]>, bool, &str) = match &study.design.solid {
        Solid::Mesh(mesh) if study.decided_by_shells(mesh) => {
            let shells = &mesh.shells.shells;
            let mut volumes = Vec::new();
            let mut places = Vec::new();
            for (s, shell) in shells.iter().enumerate().filter(|(_, shell)| shell.volume > 0.0) {
                let cavities: f64 =
                    shells.iter().filter(|c| c.parent == Some(s) && c.volume < 0.0).map(|c| c.volume).sum();
                volumes.push(shell.volume + cavities);
                let middle = (shell.bounds.0 + shell.bounds.1) / 2.0;
                places.push([middle.x, middle.y, middle.z]);
            }
            (volumes, places, true, "shells of the mesh")
        }
        solid => {
            let labels = Labels::new(&study.solid, Connectivity::TwentySix, study.field.border, &[], exec);
            let volumes = labels.components.iter().map(|c| c.voxels as f64 * frame.voxel_volume()).collect();
            let places = labels.components.iter().map(|c| frame.centre(c.first)).collect();
            if study.field.border == Border::Periodic {
                hangs = Some(labels.components.iter().map(|c| (0..3).any(|a| c.touches & winds(a) != 0)).collect());
            }
            (volumes, places, matches!(solid, Solid::Volume { .. }) && study.blocks.is_none(), "voxels, 26-connected")
        }
    };
    let total: f64 = volumes.iter().sum();
    let Some(largest) = (0..volumes.len()).max_by(|&a, &b| volumes[a].total_cmp(&volumes[b]).then(b.cmp(&a))) else {
        return;
    };
    let loose = match &hangs {
        None if volumes.len() == 1 => 0.0,
        None => 1.0 - volumes[largest] / total,
        Some(hangs) => volumes.iter().zip(hangs).filter(|(_, hangs)| !**hangs).map(|(v, _)| v).sum::<f64>() / total,
    };
    let figure = |value, what: &str| {
        let method = format!("{what}; {method}");
        if exact {
            Figure::exact(value, Unit::One, method).floor(1e-6 * value)
        } else {
            Figure::new(value, Unit::One, method)
        }
    };
    out.add("solid.components", figure(volumes.len() as f64, "pieces of solid"));
    out.add(
        "solid.loose_fraction",
        figure(
            loose,
            match hangs {
                None => "share of solid outside the largest piece",
                Some(_) => "share of solid in pieces that wind round no axis of the periodic cell",
            },
        ),
    );
    if volumes.len() > 1 && loose > 0.0 {
        let next = (0..volumes.len())
            .filter(|&i| i != largest)
            .max_by(|&a, &b| volumes[a].total_cmp(&volumes[b]).then(b.cmp(&a)))
            .unwrap_or(largest);
        out.findings.push(
            Finding::new(
                "solid.loose",
                Severity::Warning,
                format!("{} pieces of solid, {} % of it loose", volumes.len(), significant(100.0 * loose, 3)),
            )
            .at(places[next]),
        );
    }
}
