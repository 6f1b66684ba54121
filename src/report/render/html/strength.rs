//! How the solid carries load: stiffness and strength, where they were computed.

use super::markup::figures;
use crate::report::DesignEntry;

pub(super) fn render(out: &mut String, design: &DesignEntry) {
    let note = "How stiff and strong the porous body is, as a whole.";
    figures(out, design, "Stiffness and strength", note, &["stiffness", "strength"]);
}
