//! What a run has to measure: from the measures that criteria or the user name.

use std::collections::BTreeSet;

use crate::criteria::{Criteria, Making, RuleKind, lengths_in, unit_of};
use crate::measure::{BuildDirection, FieldNeeds, Needs, OverhangNeeds, USUAL_ANGLE, ZoneNeeds};
use crate::units::{Length, Unit};

/// Bottlenecks of the widest path along each axis that are told where interconnectivity is measured for its own sake.
const THROATS: usize = 3;

/// What to measure, and how fine it takes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// The figures that are wanted.
    pub needs: Needs,
    /// The fields that have to be solved for.
    pub fields: FieldNeeds,
    /// The shortest length that a required limit names, in µm.
    pub shortest: Option<f64>,
}

/// Plans for the given measures, or families of them such as `pore_size`, and the criteria's checks; those against a load
/// only where one is declared, and the material that bears it; those of the process as it names them.
#[must_use]
pub fn plan(measures: &[String], criteria: Option<&Criteria>, making: &Making, loaded: bool) -> Plan {
    let mut plan = Plan::default();
    plan.needs.build_volume = making.volume.map(|size| size.map(Length::um));
    plan.needs.cavity.clone_from(&making.cavity);
    if let Some(process) = &making.process {
        plan.needs.thinnest = Some(process.min_strut.um());
        plan.needs.narrowest = Some(process.min_gap.um());
    }
    let from_rules = criteria.into_iter().flat_map(|c| {
        let asked = c.rules.iter().filter(|r| loaded || !matches!(r.kind, RuleKind::Load { .. }));
        asked.filter_map(|r| r.made(making).measure().map(str::to_owned))
    });
    plan.needs.zones = criteria.map(zones).unwrap_or_default();
    for id in measures.iter().cloned().chain(from_rules) {
        let family = id.split('.').next().unwrap_or("");
        let lengths = lengths_in(&id);
        match family {
            "pore_size" => plan.needs.pore_size = true,
            // What hangs on thin struts is judged against their thickness.
            "strut" | "solid" => plan.needs.strut = true,
            "topology" => plan.needs.topology = true,
            "anisotropy" => plan.needs.anisotropy = true,
            "curvature" => plan.needs.curvature = true,
            "porosity" if id == "porosity" => plan.needs.profiles = true,
            "interconnectivity" if !id.ends_with("open_fraction") => plan.needs.interconnectivity = true,
            _ => {}
        }
        if id == "anisotropy.to_stiffness" {
            // Of a sample the tensor under uniform strain; a repeating cell gives its own instead.
            plan.fields.bound = true;
        }
        if id == "porosity.closed" {
            plan.needs.strut = true;
        }
        plan_fields(&id, &mut plan.fields);
        plan_overhang(&id, making, &mut plan.needs.overhang);
        let tail = |prefix: &str| id.split_once(prefix).map(|(_, tail)| tail.to_owned());
        if let ([low, high], Some(tail)) = (&lengths[..], tail("share_"))
            && !plan.needs.shares.iter().any(|s| s.0 == tail)
        {
            plan.needs.shares.push((tail, *low, *high));
        }
        if id == "interconnectivity" {
            plan.needs.sides = true;
            plan.needs.throats = THROATS;
        }
        if let ([d], Some(tail)) = (&lengths[..], tail("trapped_"))
            && !plan.needs.trapped.iter().any(|s| s.0 == tail)
        {
            plan.needs.trapped.push((tail, *d));
        }
        if let ([d], Some(tail)) = (&lengths[..], tail("accessible_"))
            && !plan.needs.accessible.iter().any(|s| s.0 == tail)
        {
            plan.needs.accessible.push((tail, *d));
        }
    }
    if plan.needs.pore_size && plan.needs.shares.is_empty() {
        plan.needs.shares.push(("300um_1200um".to_owned(), 300.0, 1200.0));
    }
    if plan.needs.interconnectivity && plan.needs.accessible.is_empty() {
        plan.needs.accessible.push(("100um".to_owned(), 100.0));
    }
    let required = criteria.into_iter().flat_map(|c| &c.rules).filter(|r| r.required);
    let mut lengths: Vec<f64> = Vec::new();
    for rule in required {
        if let RuleKind::Figure { measure, limit } = &rule.kind {
            lengths.extend(lengths_in(measure));
            if unit_of(measure) == Some(Unit::Micrometre) {
                lengths.extend(limit.min.into_iter().chain(limit.max));
            }
        }
    }
    plan.shortest = lengths.into_iter().filter(|l| *l > 0.0).min_by(f64::total_cmp);
    plan
}

/// The regions that checks name, with the measures that they ask of each.
fn zones(criteria: &Criteria) -> Vec<ZoneNeeds> {
    let mut all: Vec<ZoneNeeds> = Vec::new();
    for (zone, measure) in criteria.rules.iter().filter_map(|r| r.region.as_ref().zip(r.measure())) {
        match all.iter_mut().find(|z| z.zone == *zone) {
            Some(known) => known.measures.extend([measure.to_owned()]),
            None => all.push(ZoneNeeds { zone: zone.clone(), measures: BTreeSet::from([measure.to_owned()]) }),
        }
    }
    all
}

/// Adds the directions along which a measure asks for the overhang: of the whole family the build direction, of an axis that
/// axis upward, unless the design is built down along it.
fn plan_overhang(id: &str, making: &Making, wanted: &mut Option<OverhangNeeds>) {
    let own = id.replacen(".bridged.", ".", 1);
    let direction = match id {
        "overhang" => making.build,
        _ if own == making.build.measure() => making.build,
        _ => match BuildDirection::ALL.into_iter().find(|d| d.measure() == own) {
            Some(direction) => direction,
            None => return,
        },
    };
    let degrees = making.process.as_ref().and_then(|p| p.overhang_deg).unwrap_or(USUAL_ANGLE);
    let bridge = making.process.as_ref().and_then(|p| p.bridge).map(Length::um);
    let along = &mut wanted.get_or_insert(OverhangNeeds { degrees, bridge, along: Vec::new() }).along;
    if !along.contains(&direction) {
        along.push(direction);
    }
}

/// Adds the fields that a measure or a family of them takes; an axis at its end asks for that axis only.
fn plan_fields(id: &str, fields: &mut FieldNeeds) {
    let (family, rest) = id.split_once('.').unwrap_or((id, ""));
    if family == "stiffness" && rest.starts_with("bound") {
        fields.lower |= !matches!(rest, "bound.x" | "bound.y" | "bound.z");
        fields.bound |= !rest.starts_with("bound.lower");
        return;
    }
    if family == "oxygen" {
        fields.oxygen = true;
        return;
    }
    let wanted = match family {
        "tortuosity" | "diffusivity" => &mut fields.diffusion,
        "permeability" => &mut fields.permeability,
        "wall_shear" => &mut fields.wall_shear,
        "stiffness" => &mut fields.stiffness,
        "strength" => &mut fields.strength,
        _ => return,
    };
    // Estimates need no field.
    if rest == "estimated" && family != "permeability" {
        return;
    }
    let axis = ["x", "y", "z"].iter().position(|axis| rest == *axis || rest.ends_with(&format!(".{axis}")));
    match axis {
        Some(a) => wanted[a] = true,
        None => *wanted = [true; 3],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::criteria::{built_in, process};

    #[test]
    fn the_review_needs_everything_and_porosity_alone_little() {
        let all = plan(&[], Some(&built_in("review").unwrap()), &Making::default(), false);
        assert!(all.needs.pore_size && all.needs.strut && all.needs.interconnectivity);
        assert_eq!(all.needs.shares, [("300um_1200um".to_owned(), 300.0, 1200.0)]);
        assert_eq!(all.shortest, Some(100.0));
        assert!(!all.fields.any());
        assert_eq!(plan(&[], Some(&built_in("review").unwrap()), &Making::default(), true).fields.strength, [true; 3]);
        assert_eq!(
            plan(&["permeability.y".to_owned()], None, &Making::default(), false).fields.permeability,
            [false, true, false]
        );
        let little = plan(&["porosity.total".to_owned()], None, &Making::default(), false);
        assert_eq!(little, Plan::default());
        assert_eq!(all.needs.overhang, None, "no process asks for it");
        assert_eq!(
            plan(&["pore_size.share_50um_80um".to_owned()], None, &Making::default(), false).needs.shares[0].1,
            50.0
        );
    }

    #[test]
    fn each_bound_is_solved_for_where_it_is_asked_for() {
        let of = |id: &str| {
            let fields = plan(&[id.to_owned()], None, &Making::default(), false).fields;
            (fields.bound, fields.lower)
        };
        assert_eq!((of("stiffness.bound"), of("stiffness.bound.x")), ((true, true), (true, false)));
        assert_eq!((of("stiffness.bound.lower.y"), of("stiffness.bound.lower")), ((false, true), (false, true)));
        assert_eq!((of("anisotropy.to_stiffness"), of("stiffness")), ((true, false), (false, false)));
    }

    #[test]
    fn a_process_adds_what_its_checks_take() {
        let making = Making { process: process("slm"), build: BuildDirection::MinusX, ..Making::default() };
        let all = plan(&[], Some(&built_in("review").unwrap()), &making, false).needs;
        assert_eq!(all.trapped, [("300um".to_owned(), 300.0)]);
        assert_eq!((all.thinnest, all.narrowest), (Some(200.0), Some(200.0)));
        let down = OverhangNeeds { degrees: 45.0, bridge: None, along: vec![BuildDirection::MinusX] };
        assert_eq!(all.overhang, Some(down));
        // Powder carries what hangs over, and no filament has to leave.
        let asked = |name| {
            let making = Making { process: process(name), ..Making::default() };
            plan(&[], Some(&built_in("review").unwrap()), &making, false).needs
        };
        assert_eq!(asked("sls").overhang, None);
        assert!(asked("fdm").trapped.is_empty() && asked("fdm").overhang.is_some());
        // Of the family the build direction alone; an axis by name.
        let named = |id: &str| plan(&[id.to_owned()], None, &making, false).needs.overhang.unwrap().along;
        assert_eq!(named("overhang"), [BuildDirection::MinusX]);
        assert_eq!(named("overhang.x"), [BuildDirection::MinusX]);
        assert_eq!(named("overhang.z"), [BuildDirection::Z]);
    }
}
