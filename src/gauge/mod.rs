//! Whole runs as library calls: load, measure until decided, judge, report.

mod plan;
mod run;

pub use plan::{Plan, plan};
pub use run::{MAX_VOXELS, Run, check, names, showable};
