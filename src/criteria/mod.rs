//! Criteria: what a design has to meet, as data, and the verdict on it, as a pure function of measurements.

mod file;
mod judge;
mod measures;
mod process;

pub use file::{
    Basis, Criteria, CriteriaError, Declaration, Limit, ProcessLimit, Rule, RuleKind, built_in, built_in_names, schema,
};
pub use judge::{Check, Context, Declared, DesignVerdict, MaterialRecord, Verdict, design_verdict, judge};
pub use measures::{lengths_in, measure_ids, unit_of, unknown_measure};
pub use process::{Loose, Making, Process, WayOut, process, process_names};
