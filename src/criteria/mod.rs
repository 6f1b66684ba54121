//! Criteria: what a design has to meet, as data, and the verdict on it, as a pure function of measurements.

mod built_in;
mod file;
mod judge;
mod measures;
mod process;
mod raw;
mod region;
mod rule;
mod verdict;

pub use built_in::{built_in, built_in_names, unknown};
pub use file::{Criteria, CriteriaError, schema};
pub use judge::judge;
pub use measures::{lengths_in, measure_ids, unit_of, unknown_measure};
pub use process::{Loose, Making, Process, WayOut, own_process, process, process_names};
pub use rule::{Basis, Declaration, Limit, ProcessLimit, Rule, RuleKind, Within};
pub use verdict::{Check, Context, Declared, DesignVerdict, MaterialRecord, Verdict, design_verdict};
