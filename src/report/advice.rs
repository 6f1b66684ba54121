//! Advice as it stands in a report.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DesignEntry, MeasuredEntry};
use crate::advice::{Advice, Tuning, sentence};
use crate::criteria::{DesignVerdict, Verdict};

/// What would make a design pass.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AdviceEntry {
    /// In words: the change, or why none helps.
    pub summary: String,
    /// The least change after which every check of geometry that counts is predicted to hold; null when there is none.
    pub change: Option<ChangeEntry>,
    /// The checks' figures after the change, as predicted.
    pub predicted: BTreeMap<String, MeasuredEntry>,
    /// The offsets, and for each the scales, at which every check of geometry that counts is predicted to hold.
    pub window: Vec<WindowEntry>,
    /// The checks that exclude each other, where there is no such change.
    pub conflict: Option<ConflictEntry>,
    /// Loose pieces, the largest first.
    pub islands: Vec<IslandEntry>,
    /// The least and the greatest offset that were considered.
    pub searched_offset_um: [f64; 2],
    /// The least and the greatest scale that were considered.
    pub searched_scale: [f64; 2],
    /// The changed design, measured and judged, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<VerifiedEntry>,
}

/// A change to a design: pieces are removed first, then surfaces are moved, then all is scaled.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChangeEntry {
    /// Whether loose pieces are removed.
    pub remove_islands: bool,
    /// How far every surface moves outward, before scaling; negative makes struts thinner.
    pub offset_um: f64,
    /// Factor of all lengths.
    pub scale: f64,
}

/// A part of the window.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WindowEntry {
    /// The offset.
    pub offset_um: f64,
    /// The least and the greatest scale that go with it.
    pub scale: [f64; 2],
}

/// Checks that exclude each other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConflictEntry {
    /// Ids of the checks, the binding one last; none can be left out.
    pub checks: Vec<String>,
    /// The binding check's figure at its best where the others hold; null when it has none there.
    pub best: Option<MeasuredEntry>,
    /// The offset of that best.
    pub offset_um: f64,
    /// The scale of that best.
    pub scale: f64,
}

/// A loose piece.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct IslandEntry {
    /// A place in or near it, in the input's own frame.
    pub at_um: [f64; 3],
    /// Its volume.
    pub volume_mm3: f64,
}

/// The changed design, measured and judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VerifiedEntry {
    /// The verdict; null when the changed design could not be measured.
    pub verdict: Option<DesignVerdict>,
    /// What it rests on, or why there is none.
    pub conclusion: String,
    /// The verdicts of the checks by id.
    pub checks: BTreeMap<String, Verdict>,
    /// The figures by id.
    pub measurements: BTreeMap<String, MeasuredEntry>,
}

impl VerifiedEntry {
    /// What a changed design gave.
    #[must_use]
    pub fn of(design: &DesignEntry) -> Self {
        let figure = |m: &super::MeasurementEntry| MeasuredEntry {
            value: m.value,
            unit: m.unit,
            uncertainty: m.uncertainty,
            range: m.range,
        };
        Self {
            verdict: design.verdict,
            conclusion: super::words::conclusion(design),
            checks: design.checks.iter().map(|c| (c.id.clone(), c.verdict)).collect(),
            measurements: design.measurements.iter().map(|(id, m)| (id.clone(), figure(m))).collect(),
        }
    }
}

/// The entry of advice.
#[must_use]
pub fn advice_entry(advice: &Advice) -> AdviceEntry {
    let figure = |m: &crate::measure::Measurement| MeasuredEntry {
        value: m.value,
        unit: m.unit,
        uncertainty: m.uncertainty,
        range: None,
    };
    AdviceEntry {
        summary: advice.summary.clone(),
        change: advice.change.map(|c| ChangeEntry {
            remove_islands: c.remove_islands,
            offset_um: c.offset,
            scale: c.scale,
        }),
        predicted: advice.predicted.iter().map(|p| (p.measure.clone(), figure(&p.figure))).collect(),
        window: advice
            .window
            .iter()
            .map(|r| WindowEntry { offset_um: r.offset, scale: [r.scale.0, r.scale.1] })
            .collect(),
        conflict: advice.conflict.as_ref().map(|c| ConflictEntry {
            checks: c.checks.clone(),
            best: c.best.measured.as_ref().map(figure),
            offset_um: c.at.0,
            scale: c.at.1,
        }),
        islands: advice.islands.iter().map(|p| IslandEntry { at_um: p.at, volume_mm3: p.volume * 1e-9 }).collect(),
        searched_offset_um: [advice.searched_offset.0, advice.searched_offset.1],
        searched_scale: [advice.searched_scale.0, advice.searched_scale.1],
        verified: None,
    }
}

/// Which knob of a material would make it match.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TuningEntry {
    /// In words: the values that match, or that none does.
    pub summary: String,
    /// Whether it matches as it stands, at what is to be expected.
    pub holds: bool,
    /// What each knob does, turned by itself.
    pub knobs: Vec<KnobEntry>,
}

/// What turning a knob does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KnobEntry {
    /// The knob: `strut thickness`, `rate`, `half-life`, `lactide share`, `initial molecular weight`.
    pub knob: String,
    /// Unit of its values.
    pub unit: String,
    /// Where it stands.
    pub now: f64,
    /// The least and the greatest value that were tried.
    pub searched: [f64; 2],
    /// The values nearest to where it stands at which the required rules hold; null when there are none.
    pub holds: Option<[f64; 2]>,
    /// Those at which the advisory ones hold too; null when there are none.
    pub good: Option<[f64; 2]>,
    /// Whether the required rules hold over all ranges in the middle of the better window.
    pub over_ranges: bool,
    /// In words.
    pub text: String,
}

/// The entry of what would make a material match.
#[must_use]
pub fn tuning_entry(tuning: &Tuning) -> TuningEntry {
    let knobs = tuning.knobs.iter().map(|t| KnobEntry {
        knob: t.knob.name().to_owned(),
        unit: t.unit.to_owned(),
        now: t.now,
        searched: t.searched.into(),
        holds: t.holds.map(Into::into),
        good: t.good.map(Into::into),
        over_ranges: t.over_ranges,
        text: sentence(t),
    });
    TuningEntry { summary: tuning.summary.clone(), holds: tuning.holds, knobs: knobs.collect() }
}
