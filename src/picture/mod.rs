//! Pictures of a design as plain arrays, made when a report is to show them.

mod block;
mod modulus;
mod projection;
mod section;
mod strip;

pub use block::{Block, STEPS};
pub use modulus::{Facet, Modulus};
pub use projection::Projection;
pub use section::{Point, Section, axes};
pub use strip::Strip;
