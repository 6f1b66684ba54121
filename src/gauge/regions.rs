//! Masks of the regions that criteria name: read once, before designs are judged by them.

use std::path::Path;
use std::sync::Arc;

use super::names::showable;
use crate::criteria::Criteria;
use crate::design::{Design, DesignError, EnvelopeChoice, Options};
use crate::input::load_with;
use crate::limits::Limits;
use crate::measure::{Stencil, Zone};
use crate::parallel::Exec;

/// The criteria with the masks of their regions read from files in `folder`. Masks are read with the unit, the spacing and
/// the order of axes that the designs are read with, for they lie in the same frame; the higher of two values is the region.
///
/// # Errors
/// When a file cannot be used as a mask, in words for the user.
pub fn with_masks(
    criteria: &Criteria,
    folder: &Path,
    options: &Options,
    limits: &Limits,
    exec: &Exec,
) -> Result<Criteria, String> {
    let mut criteria = criteria.clone();
    let mut known: Vec<(String, Arc<Stencil>)> = Vec::new();
    for rule in &mut criteria.rules {
        let Some(Zone::Mask { file, stencil }) = &mut rule.region else { continue };
        let found = match known.iter().find(|k| k.0 == *file) {
            Some((_, found)) => Arc::clone(found),
            None => {
                let found = Arc::new(
                    read(&folder.join(&*file), options, limits, exec)
                        .map_err(|what| format!("check `{}`, mask {file}: {what}", rule.id))?,
                );
                known.push((file.clone(), Arc::clone(&found)));
                found
            }
        };
        *stencil = Some(found);
    }
    Ok(criteria)
}

fn read(path: &Path, options: &Options, limits: &Limits, exec: &Exec) -> Result<Stencil, String> {
    if !path.exists() {
        return Err(format!(
            "there is no file {}: a mask is named as it lies beside the criteria file",
            showable(path)
        ));
    }
    let options = Options {
        unit: options.unit,
        spacing: options.spacing,
        axes: options.axes,
        envelope: EnvelopeChoice::Box,
        ..Options::default()
    };
    let design = load_with(path, None, limits)
        .map_err(DesignError::from)
        .and_then(|loaded| Design::new(loaded, &options, limits, exec))
        .map_err(|e| e.to_string())?;
    let stencil = Stencil::of(&design, limits, exec).map_err(|e| e.to_string())?;
    stencil.ok_or_else(|| "a mask has two values, this volume has more".to_owned())
}
