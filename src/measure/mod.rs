//! Measures: one quantity a file, each over a [`Study`](crate::design::Study), each with its unit and its method.

mod figure;
mod interconnectivity;
mod pieces;
mod pore_size;
mod porosity;
mod sizes;
mod strut;
mod surface;
mod survey;
mod uncertainty;

pub use figure::{Alternative, Distribution, Figure, Figures, Measurement};
pub use survey::{Needs, Survey, survey};
pub use uncertainty::{Level, combine};
