//! The network of pores of one file.

use std::path::Path;

use super::blocks::block;
use super::names::showable;
use super::run::{ACROSS_BODY, Run, boxed};
use crate::design::{Design, DesignError, Resolution, Solid, Study, StudyError};
use crate::export::network::PoreNetwork;
use crate::input::load_with;
use crate::measure::network;
use crate::parallel::{Cancelled, Exec};
use crate::units::Length;

/// Why there is no network.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// The file is no design.
    #[error(transparent)]
    Design(#[from] DesignError),
    /// The design cannot be studied.
    #[error(transparent)]
    Study(#[from] StudyError),
    /// The run was cancelled.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// The envelope does not go with what becomes of cut pores.
    #[error("{0}")]
    Envelope(String),
}

/// Finds the pores and throats of a file, and the voxel size in µm that they were found at: that of the run, else a 96th
/// of the smallest side of a mesh, or a volume's own.
///
/// # Errors
/// When the file cannot be used, does not fit the budget, or the run was cancelled.
pub fn pore_network(file: &Path, run: &Run, exec: &Exec) -> Result<(PoreNetwork, f64), NetworkError> {
    exec.stage(&format!("reading {}", showable(file)))?;
    let options = boxed(run).map_err(NetworkError::Envelope)?;
    let loaded = load_with(file, options.raw.as_ref(), &run.limits).map_err(DesignError::from)?;
    let design = Design::new(loaded, &options, &run.limits, exec)?;
    let resolution = match &design.solid {
        Solid::Mesh(_) => {
            let extent = design.envelope.body.high - design.envelope.body.low;
            let cap = (extent.product() / run.max_voxels as f64).cbrt();
            let asked = run.resolution.map_or(extent.min() / ACROSS_BODY, Length::um);
            if run.resolution.is_some() && asked < cap {
                let asked = Length::from_um(asked);
                let text =
                    format!("--resolution {asked} would take more than {} voxels: raise --max-voxels", run.max_voxels);
                return Err(StudyError::Resolution(text).into());
            }
            Resolution::Spacing(asked.max(cap))
        }
        Solid::Volume { frame, .. } => Resolution::Native { block: block(frame, run)?.0, shift: 0.0 },
    };
    let study = Study::new(&design, &design.envelope, resolution, run.cut, &run.limits, exec)?;
    let found = network(&study, &run.limits, exec)?;
    Ok((found, study.frame().coarsest()))
}
