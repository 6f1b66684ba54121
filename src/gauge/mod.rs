//! Whole runs as library calls: load, measure until decided, judge, report.

mod adjust;
mod advise;
mod align;
mod baseline;
mod blocks;
mod cache;
mod compare;
mod difference;
mod distributions;
mod fate;
mod fields;
mod inspect;
mod left_open;
mod motion;
mod names;
mod network;
mod plan;
mod readings;
mod regions;
mod run;
mod sweep;

pub use adjust::{Adjusted, Adjustment, WorkError, adjust};
pub use baseline::against_baseline;
pub use cache::{Cache, secret_in};
pub use compare::{Side, compare};
pub use difference::How;
pub use inspect::inspect;
pub use names::{names, showable};
pub use network::{NetworkError, pore_network};
pub use plan::{Plan, plan};
pub use regions::with_masks;
pub use run::{Job, MAX_VOXELS, Run, TISSUE_THROAT, check, check_jobs, envelope_from, region_from};
pub use sweep::Sweep;
