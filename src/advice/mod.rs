//! What would make a design pass: from failed checks to a changed design, computed from its own geometry.
//!
//! Two changes are considered, for they keep the topology that the designer chose: moving every surface by the same
//! distance (struts become thinner or thicker), and scaling. Loose pieces are taken out first. How the figures answer is
//! measured on changed designs, and the window is looked for in which all checks of geometry hold.

mod advise;
mod change;
mod lattice;
mod loose;
mod mitre;
mod response;
mod tuning;
mod window;
mod words;

pub use advise::{Advice, Predicted, Question, Row, advise};
pub use change::{Change, apply, as_mesh, fine_step};
pub use loose::{Piece, loose_pieces};
pub use tuning::{Knob, Subject, Tuned, Tuning, is_matching, sentence, tune};
pub use window::Conflict;
