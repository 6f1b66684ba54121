//! Pictures of a design as plain arrays, made when a report is to show them.

mod section;

pub use section::{Section, sections};
