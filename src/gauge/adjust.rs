//! Changed designs: as the user says, or as advised.

use std::path::Path;

use super::advise::ask;
use super::names::showable;
use super::run::{Run, boxed, measure_design};
use crate::advice::{Change, Piece, apply, fine_step, loose_pieces};
use crate::design::{CutPores, Design, DesignError, Solid, StudyError};
use crate::grid::{Border, Lie};
use crate::input::load;
use crate::mesh::Mesh;
use crate::parallel::{Cancelled, Exec};
use crate::units::Length;

/// What becomes of a design.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Adjustment {
    /// This change.
    Given(Change),
    /// The change that is advised under the criteria of the run.
    Advised,
}

/// A changed design.
#[derive(Clone, Debug)]
pub struct Adjusted {
    /// The change.
    pub change: Change,
    /// The advice in words, where it was advised.
    pub advice: Option<String>,
    /// The changed design.
    pub mesh: Mesh,
    /// The pieces that were taken out.
    pub removed: Vec<Piece>,
    /// Cells that moved surfaces were made on, in µm.
    pub step: Option<f64>,
    /// Porosity before and after, each in its own envelope.
    pub porosity: [f64; 2],
    /// Size of the solid before and after, in µm.
    pub size: [[f64; 3]; 2],
}

/// Why something could not be done with a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WorkError {
    /// What is wrong, and what to do.
    #[error("{0}")]
    Message(String),
    /// The run was cancelled.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl From<StudyError> for WorkError {
    fn from(e: StudyError) -> Self {
        match e {
            StudyError::Cancelled(c) => Self::Cancelled(c),
            other => Self::Message(other.to_string()),
        }
    }
}

/// Loads the design of a file.
pub(super) fn open(file: &Path, run: &Run, exec: &Exec) -> Result<Design, WorkError> {
    let shown = showable(file);
    exec.stage(&format!("reading {shown}"))?;
    let options = boxed(run).map_err(WorkError::Message)?;
    let loaded = load(file, &run.limits).map_err(DesignError::from);
    loaded.and_then(|l| Design::new(l, &options, &run.limits, exec)).map_err(|e| match e {
        DesignError::Cancelled(c) => WorkError::Cancelled(c),
        other => WorkError::Message(format!("{shown}: {other}")),
    })
}

/// Changes the design of a file. `step` is the size of the cells that moved surfaces are made on, a fifth of a strut when
/// it is not given.
///
/// # Errors
/// When the file cannot be used, there is nothing to change or to advise, nothing would be left, or the run was
/// cancelled.
pub fn adjust(
    file: &Path,
    run: &Run,
    adjustment: Adjustment,
    step: Option<Length>,
    exec: &Exec,
) -> Result<Adjusted, WorkError> {
    let shown = showable(file);
    let design = open(file, run, exec)?;
    let options = boxed(run).map_err(WorkError::Message)?;
    let (change, advice) = match adjustment {
        Adjustment::Given(change) => (change, None),
        Adjustment::Advised => {
            let (measured, checks) = measure_design(&design, run, exec)?;
            let advice = ask(&design, &options, run, &measured.measurements, &checks, exec)?.ok_or_else(|| {
                WorkError::Message(format!("{shown}: no check of its geometry fails, so there is nothing to adjust"))
            })?;
            let change = advice.change.ok_or_else(|| WorkError::Message(format!("{shown}: {}", advice.summary)))?;
            (change, Some(advice.summary))
        }
    };
    if change == Change::NONE {
        return Err(WorkError::Message(format!("{shown}: this changes nothing")));
    }
    let step = step.map_or_else(|| fine_step(&design, change.offset), Length::um);
    let removed = match (&design.solid, change.remove_islands) {
        (Solid::Mesh(solid), true) => {
            let border = if run.cut == CutPores::Periodic { Border::Periodic } else { Border::Open };
            loose_pieces(solid, &design.envelope.body, border, step, exec).0
        }
        _ => Vec::new(),
    };
    let changed = apply(&design, &change, &options, step, run.cut, &run.limits, exec).map_err(|e| match e {
        StudyError::OnePhase(_) => WorkError::Message(format!(
            "{shown}: nothing of the solid is left: choose a smaller offset, or finer cells with --step"
        )),
        other => other.into(),
    })?;
    let changed = crate::advice::as_mesh(&changed, run.cut, &run.limits, exec)?.into_owned();
    let porosity = [porosity(&design, run, exec)?, porosity(&changed, run, exec)?];
    let size = [size(&design), size(&changed)];
    let Solid::Mesh(solid) = changed.solid else {
        return Err(WorkError::Message(format!("{shown}: the changed design is no mesh")));
    };
    let mut mesh = solid.mesh;
    // Where a volume lies turned in its file, the mesh lies as its coordinates: as meshes are read.
    if let Some(lie) = changed.source.lie.filter(|lie| Lie::PLAIN.turn_from(lie).is_some()) {
        mesh.vertices.iter_mut().for_each(|v| *v = lie.place((*v).into()).into());
        if lie.mirrors() {
            mesh.triangles.iter_mut().for_each(|t| t.swap(1, 2));
        }
    }
    Ok(Adjusted { change, advice, mesh, removed, step: (change.offset != 0.0).then_some(step), porosity, size })
}

/// Porosity of a design as `measure` gives it.
fn porosity(design: &Design, run: &Run, exec: &Exec) -> Result<f64, WorkError> {
    let run = Run { criteria: None, measures: vec!["porosity.total".to_owned()], resolution: None, ..run.clone() };
    let (measured, _) = measure_design(design, &run, exec)?;
    let known = measured.measurements.get("porosity.total");
    known.map(|m| m.value).ok_or_else(|| WorkError::Message("the porosity could not be measured".to_owned()))
}

/// Size of the solid of a mesh, or of the body of a volume.
fn size(design: &Design) -> [f64; 3] {
    let bounds = match &design.solid {
        Solid::Mesh(solid) => solid.mesh.bounds(),
        Solid::Volume { .. } => None,
    };
    let (low, high) = bounds.unwrap_or((design.envelope.body.low, design.envelope.body.high));
    let extent = high - low;
    [extent.x, extent.y, extent.z]
}
