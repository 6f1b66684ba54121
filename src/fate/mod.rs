//! What becomes of a scaffold after implantation: how its material degrades, how tissue grows, and whether the one keeps
//! pace with the other.

pub mod adequacy;
pub mod apart;
pub mod assess;
pub mod curve;
pub mod degradation;
pub mod freed;
pub mod front;
pub mod growth;
pub mod healing;
pub mod ingrowth;
pub mod library;
pub mod matching;
pub mod opening;
pub mod shielding;
pub mod softening;
pub mod timeline;
mod tissue;

pub use assess::{Body, assess};
pub use growth::{Ground, GrowthLaw, Host};
pub use library::{Library, LibraryError, Material, Range, Support, Tissue};
