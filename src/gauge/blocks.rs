//! How many voxels of a volume are joined to one of the finest grid.

use super::run::Run;
use crate::design::{Finding, Severity, StudyError};
use crate::grid::Frame;
use crate::units::Length;

/// Share of a voxel by which a resolution may differ from whole ones without a word.
const ALIKE: f64 = 0.01;

/// How many voxels along each axis: as many as are no coarser than the resolution asked for, else as few as keep within the
/// voxels of the finest grid. And what there is to say of it.
///
/// # Errors
/// When the resolution that was asked for takes too many voxels, or leaves too few.
pub(super) fn block(frame: &Frame, run: &Run) -> Result<(usize, Option<Finding>), StudyError> {
    let voxels = |block: usize| frame.size.iter().map(|n| n.div_ceil(block) as u64).product::<u64>();
    let own = frame.coarsest();
    let length = |voxels: usize| Length::from_um(own * voxels as f64);
    let Some(asked) = run.resolution else {
        let block = (1..).find(|b| voxels(*b) <= run.max_voxels.max(1)).unwrap_or(1);
        let [x, y, z] = frame.size;
        let text = || {
            format!(
                "the volume has {x} × {y} × {z} voxels, more than {}: they were joined in blocks of {block} × {block} × \
                 {block} ({}); --max-voxels {} takes each by itself",
                run.max_voxels,
                length(block),
                voxels(1)
            )
        };
        return Ok((block, (block > 1).then(|| Finding::new("volume.joined", Severity::Warning, text()))));
    };
    let block = (asked.um() / own * (1.0 + ALIKE)).floor().max(1.0) as usize;
    if voxels(block) > run.max_voxels {
        let most = run.max_voxels;
        return Err(StudyError::Resolution(format!(
            "--resolution {asked} would take more than {most} voxels: raise --max-voxels"
        )));
    }
    if frame.size.iter().any(|n| n / block < 4) {
        return Err(StudyError::Resolution(format!(
            "--resolution {asked} is coarser than a quarter of the volume's smallest side"
        )));
    }
    let unlike = (asked.um() / own / block as f64 - 1.0).abs() > ALIKE;
    let text = || match block {
        1 => {
            format!("--resolution {asked}: a volume is taken at its own voxels of {own}, never finer", own = length(1))
        }
        _ => format!("--resolution {asked}: voxels of {} were joined to {}", length(1), length(block)),
    };
    Ok((block, unlike.then(|| Finding::new("volume.joined", Severity::Info, text()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_few_voxels_are_joined_as_keep_within_the_finest_grid() {
        let frame = Frame { size: [100, 90, 41], spacing: [10.0, 10.0, 20.0], origin: [0.0; 3] };
        let of = |asked: Option<f64>, max_voxels: u64| {
            let run = Run { resolution: asked.map(Length::from_um), max_voxels, ..Run::default() };
            block(&frame, &run).map(|(block, finding)| (block, finding.map(|f| f.severity)))
        };
        assert_eq!(of(None, 369_000).unwrap(), (1, None));
        assert_eq!(of(None, 368_999).unwrap(), (2, Some(Severity::Warning)));
        assert_eq!(of(None, 50 * 45 * 21).unwrap(), (2, Some(Severity::Warning)));
        assert_eq!(of(None, 50 * 45 * 21 - 1).unwrap(), (3, Some(Severity::Warning)));
        assert_eq!(of(Some(20.0), 1 << 27).unwrap(), (1, None));
        assert_eq!(of(Some(40.0), 1 << 27).unwrap(), (2, None));
        assert_eq!(of(Some(59.0), 1 << 27).unwrap(), (2, Some(Severity::Info)));
        assert_eq!(of(Some(5.0), 1 << 27).unwrap(), (1, Some(Severity::Info)));
        assert!(of(Some(20.0), 1000).unwrap_err().to_string().contains("raise --max-voxels"));
        assert!(of(Some(300.0), 1 << 27).unwrap_err().to_string().contains("quarter"));
    }
}
