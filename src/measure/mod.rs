//! Measures: one quantity a file, each over a [`Study`](crate::design::Study), each with its unit and its method.

mod diffusion;
mod fields;
mod figure;
mod interconnectivity;
mod permeability;
mod pieces;
mod pore_size;
mod porosity;
mod sizes;
mod stiffness;
mod strut;
mod surface;
mod survey;
mod uncertainty;

pub use fields::{Failure, FieldNeeds, coarser, fields};
pub use figure::{Alternative, Distribution, Figure, Figures, Measurement};
pub use survey::{Needs, Survey, survey};
pub use uncertainty::{Level, combine};
