//! Regions as they stand in a criteria file: `{ axial = "z", from = 0, to = 0.33 }`, `{ radial = [0.5, 1] }`,
//! `{ mask = "core.nrrd" }`.

use serde::{Deserialize, Serialize};

use crate::measure::{Mark, Zone};
use crate::units::Length;

/// An end of a region as it stands in a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(untagged)]
enum RawMark {
    /// A part of the envelope's extent, or of its radius, from 0 to 1.
    Part(f64),
    /// A length with its unit, such as `1.5mm`, from the lower end of the envelope or from its axis.
    Length(String),
}

/// An axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
enum RawAxis {
    /// Along x.
    X,
    /// Along y.
    Y,
    /// Along z.
    Z,
}

/// A region of a design: a slab across an axis (`axial`), a shell round an axis (`radial`), or what a file covers (`mask`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRegion {
    /// The axis that a slab lies across.
    axial: Option<RawAxis>,
    /// Where the slab begins; at the lower end of the envelope when missing.
    from: Option<RawMark>,
    /// Where it ends; at the upper end of the envelope when missing.
    to: Option<RawMark>,
    /// Inner and outer radius of a shell.
    radial: Option<[RawMark; 2]>,
    /// The axis that the shell lies round; that of a cylinder, or z, when missing.
    axis: Option<RawAxis>,
    /// A mesh, or a volume of two values whose higher one is the region; beside the criteria file.
    mask: Option<String>,
}

/// What is wrong with a region, and at which of its keys.
type Wrong = (Option<&'static str>, String);

impl RawRegion {
    /// The zone that is meant.
    pub(super) fn zone(&self) -> Result<Zone, Wrong> {
        let lone = |key: &'static str, given: bool, with: &str| match given {
            true => Err((Some(key), format!("`{key}` goes with `{with}`"))),
            false => Ok(()),
        };
        match (self.axial, &self.radial, &self.mask) {
            (Some(axis), None, None) => {
                lone("axis", self.axis.is_some(), "radial")?;
                let from = self.from.as_ref().map_or(Ok(Mark::Part(0.0)), |from| mark(from, "from"))?;
                let to = self.to.as_ref().map_or(Ok(Mark::Part(1.0)), |to| mark(to, "to"))?;
                rising(from, to, if self.to.is_some() { "to" } else { "from" })?;
                Ok(Zone::Axial { axis: axis as usize, from, to })
            }
            (None, Some([from, to]), None) => {
                lone("from", self.from.is_some(), "axial")?;
                lone("to", self.to.is_some(), "axial")?;
                let (from, to) = (mark(from, "radial")?, mark(to, "radial")?);
                rising(from, to, "radial")?;
                Ok(Zone::Radial { axis: self.axis.map(|axis| axis as usize), from, to })
            }
            (None, None, Some(file)) => {
                lone("from", self.from.is_some(), "axial")?;
                lone("to", self.to.is_some(), "axial")?;
                lone("axis", self.axis.is_some(), "radial")?;
                if file.trim().is_empty() {
                    return Err((Some("mask"), "`mask` names a file".to_owned()));
                }
                Ok(Zone::Mask { file: file.clone(), stencil: None })
            }
            _ => Err((
                None,
                "a region is one of { axial = \"z\", from = 0, to = 0.33 }, { radial = [0.5, 1] } and { mask = \
                 \"core.nrrd\" }"
                    .to_owned(),
            )),
        }
    }
}

/// An end, from a number or a length.
fn mark(raw: &RawMark, key: &'static str) -> Result<Mark, Wrong> {
    match raw {
        RawMark::Part(part) if (0.0..=1.0).contains(part) => Ok(Mark::Part(*part + 0.0)),
        RawMark::Part(part) => Err((
            Some(key),
            format!("`{part}` is no part of the envelope from 0 to 1: write one, or a length such as \"{part}mm\""),
        )),
        RawMark::Length(text) => match text.parse::<Length>() {
            Ok(length) if length.um() >= 0.0 => Ok(Mark::At(length)),
            Ok(_) => Err((Some(key), format!("`{text}` lies outside of the envelope: lengths are from its lower end"))),
            Err(e) => Err((Some(key), e.to_string())),
        },
    }
}

/// Ends of one kind have to rise; of two kinds the design tells.
fn rising(from: Mark, to: Mark, key: &'static str) -> Result<(), Wrong> {
    let falls = match (from, to) {
        (Mark::Part(a), Mark::Part(b)) => a >= b,
        (Mark::At(a), Mark::At(b)) => a >= b,
        _ => false,
    };
    if falls { Err((Some(key), "the region ends before it begins: exchange its ends".to_owned())) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::super::Criteria;
    use super::*;

    fn region(text: &str) -> Result<Zone, String> {
        let file = format!(
            "[[check]]\nid = \"a\"\nmeasure = \"porosity.total\"\nmin = 0.5\nregion = {text}\n[[check]]\nid = \"b\"\n\
             measure = \"porosity.total\"\nmin = 0.5\n"
        );
        let criteria = Criteria::parse(&file, "mine").map_err(|e| e.to_string())?;
        assert_eq!(criteria.rules[1].region, None);
        criteria.rules[0].region.clone().ok_or_else(|| "none".to_owned())
    }

    #[test]
    fn each_kind_of_region_is_read() {
        let um = |um| Mark::At(Length::from_um(um));
        assert_eq!(
            region("{ axial = \"z\", to = 0.33 }"),
            Ok(Zone::Axial { axis: 2, from: Mark::Part(0.0), to: Mark::Part(0.33) })
        );
        assert_eq!(
            region("{ axial = \"x\", from = \"0.5mm\", to = \"700um\" }"),
            Ok(Zone::Axial { axis: 0, from: um(500.0), to: um(700.0) })
        );
        assert_eq!(
            region("{ radial = [0.5, 1], axis = \"y\" }"),
            Ok(Zone::Radial { axis: Some(1), from: Mark::Part(0.5), to: Mark::Part(1.0) })
        );
        assert_eq!(region("{ mask = \"core.nrrd\" }"), Ok(Zone::Mask { file: "core.nrrd".to_owned(), stencil: None }));
    }

    #[test]
    fn what_is_no_region_is_named_with_its_place() {
        for (text, place, what) in [
            ("{ axial = \"z\", to = 1.2 }", "line 5, column 30", "from 0 to 1"),
            ("{ axial = \"z\", to = nan }", "line 5, column 30", "from 0 to 1"),
            ("{ axial = \"z\", to = \"3\" }", "line 5, column 30", "3um"),
            ("{ axial = \"z\", from = 0.5, to = 0.5 }", "line 5, column 42", "exchange"),
            ("{ axial = \"w\" }", "line 5", "unknown variant"),
            ("{ radial = [0.5, 0.2] }", "line 5, column 21", "exchange"),
            ("{ radial = [0.5] }", "line 5", "length"),
            ("{ radial = [0.5, 1], from = 0 }", "line 5, column 38", "goes with `axial`"),
            ("{ axial = \"z\", radial = [0, 1] }", "line 5, column 10", "one of"),
            ("{ }", "line 5, column 10", "one of"),
            ("{ mask = \"\" }", "line 5, column 19", "names a file"),
            ("{ axail = \"z\" }", "line 5", "did you mean `axial`"),
        ] {
            let error = region(text).unwrap_err();
            assert!(error.contains(place) && error.contains(what), "{text}: {error}");
        }
    }

    #[test]
    fn what_belongs_to_the_whole_is_refused_with_its_reason() {
        let of = |measure: &str, limit: &str| {
            let text = format!(
                "[[check]]\nid = \"a\"\nmeasure = \"{measure}\"\n{limit}\nregion = {{ axial = \"z\", to = 0.5 }}"
            );
            Criteria::parse(&text, "mine").unwrap_err().to_string()
        };
        let through = of("interconnectivity.through_fraction", "min = 0.9");
        assert!(through.contains("line 5, column 10") && through.contains("no ends of its own"), "{through}");
        assert!(of("strength.weakest", "min_of = \"load\"").contains("load goes through"));
        assert!(of("overhang.process", "max = 0.1").contains("whole design"));
        // What is inherited counts as well.
        let text = "extends = \"review\"\n[[check]]\nid = \"throat-z\"\nregion = { axial = \"z\", to = 0.5 }\n";
        assert!(Criteria::parse(text, "mine").unwrap_err().to_string().contains("line 4, column 10"));
    }
}
