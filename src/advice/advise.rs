//! From failed checks to advice.

use std::collections::BTreeMap;

use super::change::{Change, as_mesh, border_of, holds_struts, strut_of};
use super::loose::{Piece, loose_pieces};
use super::response::{Response, SCALES, is_geometry};
use super::window::{Conflict, Window};
use super::words;
use crate::criteria::{Check, Criteria, Making, Verdict};
use crate::design::{Body, CutPores, Design, Envelope, EnvelopeKind, Options, Solid, StudyError};
use crate::limits::Limits;
use crate::measure::{Measurement, Needs};
use crate::mesh::solid::SolidMesh;
use crate::parallel::Exec;

/// A design with its figures and its checks.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The design.
    pub design: &'a Design,
    /// What it was made with.
    pub options: &'a Options,
    /// Pores at the body's surface.
    pub cut: CutPores,
    /// The criteria.
    pub criteria: &'a Criteria,
    /// Whether advisory checks have to hold as well.
    pub strict: bool,
    /// How it is to be made.
    pub making: &'a Making,
    /// What was measured.
    pub needs: &'a Needs,
    /// The figures.
    pub measurements: &'a BTreeMap<String, Measurement>,
    /// The checks.
    pub checks: &'a [Check],
}

/// A figure after the change.
#[derive(Clone, Debug, PartialEq)]
pub struct Predicted {
    /// Id of the measure.
    pub measure: String,
    /// The figure.
    pub figure: Measurement,
}

/// A part of the window: the scales at which all holds at an offset.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// The offset, in µm of the design before it is scaled.
    pub offset: f64,
    /// The least and the greatest scale.
    pub scale: (f64, f64),
}

/// Advice on a design.
#[derive(Clone, Debug, PartialEq)]
pub struct Advice {
    /// The least change after which every check of geometry is predicted to hold.
    pub change: Option<Change>,
    /// All of it in words.
    pub summary: String,
    /// For each failed check, what would make it pass.
    pub checks: BTreeMap<String, String>,
    /// Loose pieces, the largest first.
    pub islands: Vec<Piece>,
    /// The figures that the checks ask for, after the change.
    pub predicted: Vec<Predicted>,
    /// The offsets and scales at which every check of geometry is predicted to hold.
    pub window: Vec<Row>,
    /// Why there are none.
    pub conflict: Option<Conflict>,
    /// The least and the greatest offset that were looked at.
    pub searched_offset: (f64, f64),
    /// The least and the greatest scale.
    pub searched_scale: (f64, f64),
}

/// Nodes of the lattice that offsets are tried on: of a larger box its middle is taken.
const NODES: f64 = 6e5;

/// Nodes of the lattice that the volume of the whole solid is taken on.
const VOLUME_NODES: f64 = 2e6;

/// Cells across a strut there, across one of a body that is no box at least, and across the thinnest that is tried.
const ACROSS: f64 = 3.0;
const ACROSS_BODY: f64 = 1.8;
const ACROSS_THIN: f64 = 1.2;

/// Cells across a strut where a way through the void is too narrow, as long as that makes no more nodes than these: the
/// last of a wall between two pores is thin.
const ACROSS_WAY: f64 = 12.0;
const WAY_NODES: f64 = 2e5;

/// Offsets that are tried, in parts of the least and of the greatest one.
const THINNER: [f64; 3] = [0.3, 0.65, 1.0];
const THICKER: [f64; 2] = [0.4, 1.0];

/// How often a throat is looked at again at the offset that was found, and how near to it counts as there, in struts: a
/// throat opens at once and then widens fast, which no line between two looks tells.
const CLOSER: usize = 4;
const THERE: f64 = 0.01;

/// Bits of the checks that a window can hold.
const MOST: usize = 64;

/// Advice on a design that fails by its geometry; `None` where no check of geometry that counts fails.
///
/// # Errors
/// When a field does not fit the memory budget, or the run was cancelled.
pub fn advise(question: &Question<'_>, limits: &Limits, exec: &Exec) -> Result<Option<Advice>, StudyError> {
    let counts = |c: &Check| c.rule.required || question.strict;
    let geometry = |c: &Check| c.rule.region.is_none() && c.rule.measure().is_some_and(is_geometry);
    let fails = |c: &&Check| geometry(c) && c.verdict == Verdict::Fail;
    if !question.checks.iter().any(|c| fails(&c) && counts(c)) {
        return Ok(None);
    }
    let asked: Vec<&Check> = question
        .checks
        .iter()
        .filter(|c| geometry(c) && !matches!(c.verdict, Verdict::Declared | Verdict::NotAssessed))
        .take(MOST)
        .collect();
    let rules = Criteria {
        name: question.criteria.name.clone(),
        title: String::new(),
        source: String::new(),
        rules: asked.iter().map(|c| c.rule.clone()).collect(),
    };
    let must = asked.iter().enumerate().filter(|(_, c)| counts(c)).fold(0, |bits, (k, _)| bits | 1 << k);

    if question.measurements.get("strut.d50").is_some_and(|m| !holds_struts(question.design, m.value)) {
        return Ok(None);
    }
    let whole = as_mesh(question.design, question.cut, limits, exec)?;
    let Solid::Mesh(solid) = &whole.solid else { return Ok(None) };
    let body = &whole.envelope.body;
    let room = (body.high - body.low).product();
    let strut = question.measurements.get("strut.d50").map_or_else(|| strut_of(solid), |m| m.value);
    let way = |c: &&Check| fails(c) && c.rule.measure().is_some_and(|m| m.starts_with("interconnectivity."));
    let narrow = question.checks.iter().any(|c| way(&c));
    let mut step = strut / ACROSS;
    if narrow {
        step = step.min((strut / ACROSS_WAY).max((room / WAY_NODES).cbrt()));
    }
    let mut sample = whole.clone();
    let fits = (NODES * step.powi(3) / room).cbrt();
    if fits < 1.0 && matches!(body.kind, EnvelopeKind::Box | EnvelopeKind::Grid) && question.cut != CutPores::Periodic {
        let (middle, half) = ((body.low + body.high) / 2.0, (body.high - body.low) * (fits / 2.0));
        let part = Body::cuboid(EnvelopeKind::Grid, middle - half, middle + half);
        let envelope = Envelope { body: part.clone(), hull: part, auto: false, wrap: None, reason: String::new() };
        sample.to_mut().envelope = envelope;
    } else {
        step = step.max((room / NODES).cbrt());
    }
    let falls_apart = question.checks.iter().any(|c| fails(&c) && c.rule.measure() == Some("solid.loose_fraction"));
    let (islands, cleaned) = if falls_apart {
        let (pieces, mesh) = loose_pieces(solid, body, border_of(question.cut), step, exec);
        let cleaned = (!pieces.is_empty()).then(|| SolidMesh::new(mesh, exec)).transpose()?;
        (pieces, cleaned)
    } else {
        (Vec::new(), None)
    };
    let pore = question.measurements.get("pore_size.d50").map_or(strut, |m| m.value);
    let thin = if strut < ACROSS_BODY * step { 0.0 } else { (strut - ACROSS_THIN * step) / 2.0 };
    let thick = (0.3 * pore).min(1.5 * strut);
    let ends = (-thin, thick);
    let mut advice = Advice {
        change: None,
        summary: String::new(),
        checks: BTreeMap::new(),
        islands,
        predicted: Vec::new(),
        window: Vec::new(),
        conflict: None,
        searched_offset: (0.0, 0.0),
        searched_scale: SCALES,
    };
    if !advice.islands.is_empty() {
        let text = words::islands(&advice.islands);
        for check in question.checks.iter().filter(|c| c.rule.measure() == Some("solid.loose_fraction")) {
            advice.checks.insert(check.rule.id.clone(), text.clone());
        }
    }
    let Some(mut response) =
        Response::new(question, &whole, &sample, cleaned.as_ref(), step, VOLUME_NODES, ends, limits, exec)?
    else {
        return Ok((!advice.islands.is_empty()).then_some(advice));
    };
    // Thinner first: more void is what most designs lack. Thicker ones are tried where that does not help every check.
    let mut tried = vec![THICKER.map(|t| t * thick).to_vec()];
    if thin > 0.0 {
        tried.push(THINNER.map(|t| -t * thin).to_vec());
    }
    let mut closer = if narrow { CLOSER } else { 0 };
    loop {
        let window = Window::new(question, &response, rules.clone(), must, strut);
        let found = window.least(must);
        if let Some((offset, _)) = found
            && closer > 0
            && !response.looked_at(offset, THERE * strut)
        {
            closer -= 1;
            drop(window);
            response.extend(&[offset], limits, exec)?;
            continue;
        }
        let settled = |k: usize| window.least(1 << k).is_some();
        let open = found.is_none() || !(0..asked.len()).filter(|k| fails(&asked[*k])).all(settled);
        let unchanged = found == Some((0.0, 1.0));
        if let (true, false, Some(more)) = (open, unchanged, tried.pop()) {
            drop(window);
            response.extend(&more, limits, exec)?;
            continue;
        }
        let offsets = response.offsets();
        advice.searched_offset = (offsets.first().copied().unwrap_or(0.0), offsets.last().copied().unwrap_or(0.0));
        for (k, check) in asked.iter().enumerate().filter(|(_, c)| fails(c)) {
            if !advice.checks.contains_key(&check.rule.id)
                && let Some(text) = alone(&window, k)
            {
                advice.checks.insert(check.rule.id.clone(), text);
            }
        }
        match found {
            Some((offset, scale)) => {
                let change = Change { remove_islands: !advice.islands.is_empty(), offset, scale };
                for check in window.checks(offset, scale) {
                    if let (Some(measure), Some(figure)) = (check.rule.measure(), check.measured.clone())
                        && !advice.predicted.iter().any(|p| p.measure == measure)
                    {
                        advice.predicted.push(Predicted { measure: measure.to_owned(), figure });
                    }
                }
                advice.window = window.rows().into_iter().map(|(offset, scale)| Row { offset, scale }).collect();
                advice.summary = words::change(&change, strut);
                advice.change = Some(change);
            }
            None => {
                if let Some(conflict) = window.conflict() {
                    let at = window.checks(conflict.at.0, conflict.at.1);
                    let others: Vec<Check> = at
                        .into_iter()
                        .filter(|c| conflict.checks.contains(&c.rule.id) && c.rule.id != conflict.best.rule.id)
                        .collect();
                    advice.summary = words::conflict(&conflict, &others, &advice);
                    advice.conflict = Some(conflict);
                }
            }
        }
        return Ok(Some(advice));
    }
}

/// What makes one check pass for itself.
fn alone(window: &Window<'_>, k: usize) -> Option<String> {
    let bit = 1 << k;
    let offset = window.offsets(bit, 1.0).map(|o| window.offset_in(o)).filter(|o| *o != 0.0);
    let scale = window.scales(bit, 0.0).map(|s| window.scale_in(s)).filter(|s| *s != 1.0);
    let ways: Vec<String> = scale.map(words::scale).into_iter().chain(offset.map(words::offset)).collect();
    if !ways.is_empty() {
        return Some(ways.join(", or "));
    }
    let (offset, scale) = window.least(bit)?;
    (offset != 0.0 && scale != 1.0).then(|| format!("{}, and {}", words::offset(offset), words::scale(scale)))
}
