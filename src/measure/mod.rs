//! Measures: one quantity a file, each over a [`Study`](crate::design::Study), each with its unit and its method.

mod access;
mod anisotropy;
mod details;
mod diffusion;
mod fields;
mod figure;
mod interconnectivity;
mod network;
mod oxygen;
mod permeability;
mod pieces;
mod pore_size;
mod porosity;
mod profile;
mod sampling;
mod sizes;
mod stiffness;
mod strut;
mod surface;
mod survey;
mod topology;
mod uncertainty;
mod voids;

pub use details::{Curve, Details, Place, Places, Tensor, Throat};
pub use fields::{Failure, FieldNeeds, coarser, fields};
pub use figure::{Alternative, Distribution, Figure, Figures, Measurement};
pub use network::network;
pub use oxygen::Culture;
pub use porosity::{WRAP_REMEDY, WRAPPED};
pub use stiffness::remaining;
pub use survey::{Needs, Survey, survey};
pub use uncertainty::{Level, combine};
