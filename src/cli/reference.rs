//! `criteria` and `explain`: what is asked, why, and where it comes from.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::settings;
use super::{Failure, output};
use crate::criteria::{
    Basis, Criteria, Process, Rule, RuleKind, Within, built_in, built_in_names, process, process_names,
};
use crate::fate::library::Law;
use crate::fate::{Library, Range, Support};
use crate::measure::Zone;
use crate::report::Status;
use crate::report::words::wrap;
use crate::text::did_you_mean;
use crate::units::significant;

fn criteria(name: &str) -> Result<Criteria, Failure> {
    super::criteria::named(name, Path::new(""))
}

pub fn criteria_list() -> Result<Status, Failure> {
    let mut text = String::new();
    for name in built_in_names() {
        let criteria = built_in(name).map_err(|e| Failure::Message(e.to_string()))?;
        let _ = writeln!(text, "{name}  {}", criteria.title);
    }
    output::print(&text)
}

pub fn criteria_show(name: &str) -> Result<Status, Failure> {
    let criteria = criteria(name)?;
    let mut text = format!("{}\n{}\nSource: {}\n", criteria.name, criteria.title, criteria.source);
    for rule in &criteria.rules {
        let gate = if rule.required { "required" } else { "advisory" };
        let _ = writeln!(text, "\n{} (criterion {}, {gate})", rule.id, rule.criterion);
        text.push_str(&wrap(&asks(rule), "  "));
        if !rule.source.is_empty() {
            text.push_str(&wrap(&rule.source, "  "));
        }
    }
    output::print(&text)
}

pub fn criteria_validate(files: &[PathBuf]) -> Result<Status, Failure> {
    let mut text = String::new();
    let mut wrong = 0;
    for file in files {
        match validated(file) {
            Ok(criteria) => {
                let _ = writeln!(text, "{}: {} checks", file.display(), criteria.rules.len());
            }
            Err(Failure::Message(what)) => {
                output::complain(&what);
                wrong += 1;
            }
            Err(other) => return Err(other),
        }
    }
    let status = output::print(&text)?;
    Ok(if wrong > 0 { Status::Undecided } else { status })
}

/// The criteria of a file, with all the files that they name.
fn validated(file: &Path) -> Result<Criteria, Failure> {
    let criteria = criteria(&file.to_string_lossy())?;
    let folder = file.parent().unwrap_or(Path::new(""));
    for rule in &criteria.rules {
        if let Some(Zone::Mask { file: mask, .. }) = &rule.region
            && !folder.join(mask).exists()
        {
            let what = format!("{}: check `{}`: there is no mask {mask} beside the file", file.display(), rule.id);
            return Err(Failure::Message(what));
        }
    }
    Ok(criteria)
}

pub fn explain(check: &str, name: &str) -> Result<Status, Failure> {
    let criteria = criteria(name)?;
    let rule = criteria.rules.iter().find(|r| r.id == check).ok_or_else(|| {
        let ids: Vec<&str> = criteria.rules.iter().map(|r| r.id.as_str()).collect();
        let instead = did_you_mean(check, ids.iter().copied(), &format!("it has {}", ids.join(", ")));
        Failure::Message(format!("{name} has no check `{check}`{instead}"))
    })?;
    let basis = match rule.basis {
        Basis::Review => "the review itself",
        Basis::Derived => "a derivation from the review",
        Basis::Other => "another source",
    };
    let gate = if rule.required {
        "required: a design fails by it"
    } else {
        "advisory: it is reported, and gates under --strict"
    };
    let mut text = format!("{} — {}\n\n", rule.id, rule.title);
    for (name, what) in [
        ("Asks", asks(rule)),
        ("Region", rule.region.as_ref().map(region).unwrap_or_default()),
        ("Gate", gate.to_owned()),
        ("Why", or_dash(&rule.help)),
        ("Limit by", basis.to_owned()),
        ("Source", or_dash(&rule.source)),
        ("Remedy", or_dash(rule.advice.as_deref().unwrap_or_default())),
    ] {
        if what.is_empty() {
            continue;
        }
        let body = wrap(&what, "          ");
        let _ = write!(text, "{name:9} {}", body.trim_start());
    }
    output::print(&text)
}

fn library() -> Result<Library, Failure> {
    Library::built_in().map_err(|e| Failure::Message(e.to_string()))
}

pub fn materials_list() -> Result<Status, Failure> {
    let mut text = String::new();
    for (id, m) in &library()?.materials {
        let _ = writeln!(text, "{id:18} {:10} {}", m.class, m.name);
    }
    output::print(&text)
}

pub fn tissues_list() -> Result<Status, Failure> {
    let mut text = String::new();
    for (id, t) in &library()?.tissues {
        let _ = writeln!(text, "{id:24} {:14} {}", t.class.name(), t.name);
    }
    output::print(&text)
}

pub fn processes_list() -> Result<Status, Failure> {
    let mut text = String::new();
    for process in process_names().iter().filter_map(|name| process(name)) {
        let _ = writeln!(text, "{:12} {}", process.name, process.title);
    }
    output::print(&text)
}

pub fn process_show(name: &str) -> Result<Status, Failure> {
    let Process { name, title, min_strut, min_gap, overhang_deg, bridge, way_out, source } =
        settings::named_process(name, Path::new(""))?;
    let mut text = format!("{name}: {title}\n");
    let mut row = |what: &str, value: String, key: &str| {
        let _ = writeln!(text, "  {what:22} {value}");
        if let Some(note) = source.get(key) {
            text.push_str(&wrap(note, "    "));
        }
    };
    row("smallest strut", min_strut.to_string(), "min_strut");
    row("smallest gap", min_gap.to_string(), "min_gap");
    let overhang = overhang_deg.map_or("none".to_owned(), |angle| format!("below {angle}° from the build plane"));
    row("needs support", overhang, "overhang");
    if let Some(bridge) = bridge {
        row("bridges", bridge.to_string(), "bridge");
    }
    let leaves = way_out.map_or("nothing".to_owned(), |w| format!("{}, out by ways of {}", w.what.name(), w.diameter));
    row("leaves in the void", leaves, "way_out");
    output::print(&text)
}

/// A figure with its source and how sure it is.
fn row(text: &mut String, name: &str, key: &str, range: Option<Range>, unit: &str, of: (&Notes, &Notes)) {
    let Some(range) = range else { return };
    let value = if range.low < range.high {
        format!("{} ({}–{}) {unit}", figure(range.typical), figure(range.low), figure(range.high))
    } else {
        format!("{} {unit}", figure(range.typical))
    };
    let _ = writeln!(text, "  {name:22} {value}");
    let sure = of.1.get(key).map(|c| format!("confidence {c}"));
    let notes: Vec<String> = of.0.get(key).cloned().into_iter().chain(sure).collect();
    if !notes.is_empty() {
        text.push_str(&wrap(&notes.join("; "), "    "));
    }
}

type Notes = std::collections::BTreeMap<String, String>;

fn figure(value: f64) -> String {
    significant(value, 4)
}

pub fn material_show(name: &str) -> Result<Status, Failure> {
    let library = library()?;
    let m = library.material(name).map_err(|e| Failure::Message(e.to_string()))?;
    let mut text = format!("{}: {} ({})\n", m.id, m.name, m.class);
    let law = match m.law {
        Law::BulkHydrolysis => "hydrolysis throughout, speeded up by its acid",
        Law::RandomScission => "hydrolysis throughout by random scission",
        Law::SurfaceErosion => "erosion from the surface",
        Law::Corrosion => "corrosion from the surface",
        Law::FirstOrder => "first-order loss of mass",
        Law::None => "not degradable",
    };
    let _ = writeln!(text, "  {:22} {law}", "degrades by");
    let notes = (&m.source, &m.confidence);
    row(&mut text, "density", "density", Some(m.density_g_cm3), "g/cm³", notes);
    row(&mut text, "modulus", "modulus", Some(m.modulus_gpa), "GPa", notes);
    let strength = if m.strength_kind.is_empty() { "MPa".to_owned() } else { format!("MPa, {}", m.strength_kind) };
    row(&mut text, "strength", "strength", Some(m.strength_mpa), &strength, notes);
    let of = if m.law == Law::FirstOrder { "days, of mass" } else { "days, of molecular weight" };
    row(&mut text, "half-life", "half_life", m.half_life_d, of, notes);
    row(&mut text, "half-life of stiffness", "stiffness_half_life", m.stiffness_half_life_d, "days", notes);
    row(&mut text, "rate", "rate", m.rate_um_per_day, "µm/day", notes);
    row(&mut text, "rate", "rate", m.rate_mm_per_year, "mm/year", notes);
    row(&mut text, "resorbed after", "resorption", m.resorption_months, "months", notes);
    sources(&mut text, &library, &m.source);
    output::print(&text)
}

pub fn tissue_show(name: &str) -> Result<Status, Failure> {
    let library = library()?;
    let t = library.tissue(name).map_err(|e| Failure::Message(e.to_string()))?;
    let mut text = format!("{}: {}\n  {:22} {}\n", t.id, t.name, "support", t.class.name());
    let notes = (&t.source, &t.confidence);
    row(&mut text, "modulus", "modulus", Some(t.modulus_mpa), "MPa", notes);
    row(&mut text, "strength", "strength", t.strength_mpa, "MPa", notes);
    row(&mut text, "permeability", "permeability", t.permeability_m2, "m²", notes);
    row(&mut text, "apposition", "apposition", t.apposition_um_per_day, "µm/day", notes);
    row(&mut text, "ingrowth", "ingrowth", t.ingrowth_um_per_day, "µm/day", notes);
    row(&mut text, "growth begins after", "times", Some(t.lag_d), "days", notes);
    row(&mut text, "half filled after", "", Some(t.t50_d), "days", notes);
    row(&mut text, "nine tenths after", "", Some(t.t90_d), "days", notes);
    sources(&mut text, &library, &t.source);
    output::print(&text)
}

/// The sources that the notes name.
fn sources(text: &mut String, library: &Library, notes: &Notes) {
    let named = |key: &str| notes.values().any(|note| note.contains(&format!("[{key}]")));
    let used: Vec<_> = library.sources.iter().filter(|(key, _)| named(key)).collect();
    if !used.is_empty() {
        text.push_str("\nSources read (\"recalled\": not read again; \"derived\": arithmetic on a source)\n");
        for (key, source) in used {
            text.push_str(&wrap(&format!("[{key}] {source}"), "  "));
        }
    }
}

/// What there is nothing of.
fn or_dash(text: &str) -> String {
    if text.is_empty() { "–".to_owned() } else { text.to_owned() }
}

/// Where a region lies, and what is taken in it.
fn region(zone: &Zone) -> String {
    let place = match zone {
        Zone::Axial { .. } => "a slab of the envelope",
        Zone::Radial { axis: None, .. } => "a shell round the axis of the envelope: of a cylinder its own, else z",
        Zone::Radial { .. } => "a shell round the middle line of the envelope",
        Zone::Mask { .. } => "what the mask covers",
    };
    format!("{}: {place}; sizes are those of whole pores and struts, taken over what of them lies there", zone.name())
}

fn asks(rule: &Rule) -> String {
    let asked = of_kind(&rule.kind);
    rule.region.as_ref().map_or_else(|| asked.clone(), |zone| format!("{asked}, in {}", zone.name()))
}

fn of_kind(kind: &RuleKind) -> String {
    match kind {
        RuleKind::Figure { measure, limit } => match (limit.min, limit.max) {
            (Some(a), Some(b)) => format!("{a} <= {measure} <= {b}"),
            (Some(a), None) => format!("{measure} >= {a}"),
            (None, Some(b)) => format!("{measure} <= {b}"),
            (None, None) => measure.clone(),
        },
        RuleKind::Load { measure } => format!("{measure} >= declared load (--load)"),
        RuleKind::Class { measure, min, max } => {
            let show = |limits: &std::collections::BTreeMap<Support, f64>, sign: &str| {
                limits.iter().map(|(class, v)| format!("{sign} {v} ({})", class.name())).collect::<Vec<_>>()
            };
            format!("{measure} {}", [show(min, ">="), show(max, "<=")].concat().join(", "))
        }
        RuleKind::Process { measure, limit } => format!("{measure} {} (--process)", limit.words()),
        RuleKind::Room { measure, within: Within::Machine } => {
            format!("{measure} >= 0 in the build volume (--build-volume)")
        }
        RuleKind::Room { measure, within: Within::Cavity } => format!("{measure} >= 0 in the cavity (--fits)"),
        RuleKind::Declared(what) => {
            format!("declaration of {}", what.iter().map(|d| d.phrase()).collect::<Vec<_>>().join(" and "))
        }
    }
}
