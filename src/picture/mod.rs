//! Pictures of a design as plain arrays, made when a report is to show them.

mod block;
mod projection;
mod section;
mod strip;

pub use block::{Block, STEPS};
pub use projection::Projection;
pub use section::{Point, Section, axes};
pub use strip::Strip;
