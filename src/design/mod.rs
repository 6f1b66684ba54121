//! A design: the solid, where it came from, the body it is measured in, and the fields that measures share.

mod blocks;
mod envelope;
mod eroded;
mod finding;
mod phases;
mod region;
mod solid;
mod study;
mod wrap;

pub use envelope::{Body, Envelope, EnvelopeChoice, EnvelopeKind, Plane, SIDES};
pub use eroded::moved_in;
pub use finding::{Finding, Severity};
pub use phases::{Binarised, Threshold};
pub use region::Region;
pub use solid::{Axes, Design, DesignError, Options, Solid, Source};
pub use study::{CutPores, Resolution, Study, StudyError};
