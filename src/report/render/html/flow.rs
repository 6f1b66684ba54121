//! How well the void conducts: tortuosity and permeability, where they were computed.

use super::markup::figures;
use crate::report::DesignEntry;

pub(super) fn render(out: &mut String, design: &DesignEntry) {
    let note = "How diffusion and flow pass through the void, from fields solved on it.";
    figures(out, design, "Diffusion and flow", note, &["tortuosity", "diffusivity", "permeability"]);
}
