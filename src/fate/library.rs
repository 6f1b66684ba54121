//! Materials and tissues: ranges with their provenance, built in or from a user's own file.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::curve::{Measured, read_filling, read_loss};
use super::growth::Filling;
use crate::text::did_you_mean;

/// A range of values.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Range {
    /// The low end.
    pub low: f64,
    /// The value to expect.
    pub typical: f64,
    /// The high end.
    pub high: f64,
}

impl Range {
    /// All three the same, as a measured value is.
    #[must_use]
    pub const fn exactly(value: f64) -> Self {
        Self { low: value, typical: value, high: value }
    }

    /// Each end and the middle by a monotone function; the ends change places where it falls.
    #[must_use]
    pub fn map(self, f: impl Fn(f64) -> f64) -> Self {
        let (a, b) = (f(self.low), f(self.high));
        Self { low: a.min(b), typical: f(self.typical), high: a.max(b) }
    }
}

impl<'de> Deserialize<'de> for Range {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Raw {
            One(f64),
            Three([f64; 3]),
        }
        let (low, typical, high) = match Raw::deserialize(deserializer)? {
            Raw::One(v) => (v, v, v),
            Raw::Three([a, b, c]) => (a, b, c),
        };
        let rising = low <= typical && typical <= high;
        if rising && low >= 0.0 && high.is_finite() {
            Ok(Self { low, typical, high })
        } else {
            Err(serde::de::Error::custom("a range is [low, typical, high], rising, from 0 on, or one number"))
        }
    }
}

/// How a material degrades.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Law {
    /// Hydrolysis throughout, its acid speeding it up: molecular weight falls exponentially; mass once it is low enough.
    BulkHydrolysis,
    /// Hydrolysis throughout without catalysis: the reciprocal of molecular weight rises steadily.
    RandomScission,
    /// Loss from the surface inward.
    SurfaceErosion,
    /// As surface erosion, its rate given as metals' are.
    Corrosion,
    /// Mass falls exponentially.
    FirstOrder,
    /// It stays.
    None,
}

/// A material.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Material {
    /// What it is.
    pub name: String,
    /// `polymer`, `natural`, `ceramic`, `glass`, `cement`, `metal` or `composite`.
    pub class: String,
    /// Density of the dense material, in g/cm³.
    pub density_g_cm3: Range,
    /// Modulus of the dense material, in GPa.
    pub modulus_gpa: Range,
    /// Strength of the dense material, in MPa.
    pub strength_mpa: Range,
    /// What strength it is.
    #[serde(default)]
    pub strength_kind: String,
    /// How it degrades.
    pub law: Law,
    /// Half-life of molecular weight (hydrolysis) or of mass (first order), in days at 37 °C.
    pub half_life_d: Option<Range>,
    /// Molecular weight at first, in kDa.
    pub m0_kda: Option<f64>,
    /// Molecular weight at which mass begins to be lost, in kDa, of the same average.
    pub m_crit_kda: Option<f64>,
    /// Half-life of mass from then on, in days.
    pub mass_half_life_d: Option<f64>,
    /// Corrosion rate, in mm a year.
    pub rate_mm_per_year: Option<Range>,
    /// Erosion rate of each wetted face, in µm a day.
    pub rate_um_per_day: Option<Range>,
    /// Half-life of stiffness where it falls before mass does (ion exchange in alginate), in days.
    pub stiffness_half_life_d: Option<Range>,
    /// Months until it is gone, as reported.
    pub resorption_months: Option<Range>,
    /// Wall thickness from which on its acid speeds hydrolysis up inside, in µm.
    pub autocatalysis_um: Option<f64>,
    /// Wall thickness from which on it erodes from the surface instead of throughout, in µm.
    pub critical_thickness_um: Option<f64>,
    /// Temperature at which the half-lives were measured, in °C; they are converted to 37 °C.
    pub measured_at_c: Option<f64>,
    /// File of measured loss: a column `days`, and `mass`, `molecular_weight` or `modulus`, one of them or more.
    pub curve: Option<String>,
    /// Evidence of tissue compatibility, in the user's words.
    pub compatibility: Option<String>,
    /// Evidence of cell attachment, in the user's words.
    pub cell_interface: Option<String>,
    /// Where the figures come from.
    #[serde(default)]
    pub source: BTreeMap<String, String>,
    /// How sure they are: `high`, `medium`, `low`.
    #[serde(default)]
    pub confidence: BTreeMap<String, String>,
    /// The curve, once read.
    #[serde(skip)]
    pub measured: Option<Measured>,
    /// Whether it is the user's own, so that its ranges gate like any other figure.
    #[serde(skip)]
    pub own: bool,
    /// Name that it goes by.
    #[serde(skip)]
    pub id: String,
}

impl Material {
    /// The same with every range at what is to be expected.
    #[must_use]
    pub fn expected(&self) -> Self {
        let exactly = |r: Option<Range>| r.map(|r| Range::exactly(r.typical));
        Self {
            density_g_cm3: Range::exactly(self.density_g_cm3.typical),
            modulus_gpa: Range::exactly(self.modulus_gpa.typical),
            strength_mpa: Range::exactly(self.strength_mpa.typical),
            half_life_d: exactly(self.half_life_d),
            rate_mm_per_year: exactly(self.rate_mm_per_year),
            rate_um_per_day: exactly(self.rate_um_per_day),
            stiffness_half_life_d: exactly(self.stiffness_half_life_d),
            ..self.clone()
        }
    }

    /// Whether a front moves into it from its surface.
    #[must_use]
    pub fn erodes(&self) -> bool {
        let weighed = self.measured.as_ref().is_some_and(|m| m.mass.is_some() || m.weight.is_some());
        matches!(self.law, Law::SurfaceErosion | Law::Corrosion) && !weighed
    }

    /// Whether it cracks rather than yields.
    #[must_use]
    pub fn brittle(&self) -> bool {
        matches!(self.class.as_str(), "ceramic" | "glass" | "cement")
    }
}

/// How much a scaffold is asked to carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Support {
    /// It carries the load.
    Structural,
    /// It shares the load.
    Shared,
    /// It carries none.
    NonStructural,
}

impl Support {
    /// Its name in files and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Structural => "structural",
            Self::Shared => "shared",
            Self::NonStructural => "non-structural",
        }
    }
}

/// A tissue.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tissue {
    /// What it is.
    pub name: String,
    /// What is asked of the scaffold.
    pub class: Support,
    /// Modulus of the mature tissue, in MPa.
    pub modulus_mpa: Range,
    /// Its strength, in MPa.
    pub strength_mpa: Option<Range>,
    /// Its permeability, in m².
    pub permeability_m2: Option<Range>,
    /// New tissue on each surface, in µm a day.
    pub apposition_um_per_day: Option<Range>,
    /// Front from the host inward, in µm a day.
    pub ingrowth_um_per_day: Option<Range>,
    /// Pace of growth by curvature: speed over curvature, in µm² a day.
    pub curvature_um2_per_day: Option<Range>,
    /// Days until growth begins.
    #[serde(default = "unset")]
    pub lag_d: Range,
    /// Days until half of the void is filled.
    #[serde(default = "unset")]
    pub t50_d: Range,
    /// Days until nine tenths are.
    #[serde(default = "unset")]
    pub t90_d: Range,
    /// File of measured filling in place of these days: the columns `days` and `fill`.
    pub curve: Option<String>,
    /// Its stiffness is that of the mature tissue times the fill to this power.
    pub maturity_exponent: f64,
    /// Where the figures come from.
    #[serde(default)]
    pub source: BTreeMap<String, String>,
    /// How sure they are.
    #[serde(default)]
    pub confidence: BTreeMap<String, String>,
    /// The curve, once read.
    #[serde(skip)]
    pub measured: Option<Filling>,
    /// Whether it is the user's own.
    #[serde(skip)]
    pub own: bool,
    /// Name that it goes by.
    #[serde(skip)]
    pub id: String,
}

impl Tissue {
    /// The same with every range at what is to be expected.
    #[must_use]
    pub fn expected(&self) -> Self {
        let exactly = |r: Option<Range>| r.map(|r| Range::exactly(r.typical));
        Self {
            modulus_mpa: Range::exactly(self.modulus_mpa.typical),
            apposition_um_per_day: exactly(self.apposition_um_per_day),
            ingrowth_um_per_day: exactly(self.ingrowth_um_per_day),
            curvature_um2_per_day: exactly(self.curvature_um2_per_day),
            lag_d: Range::exactly(self.lag_d.typical),
            t50_d: Range::exactly(self.t50_d.typical),
            t90_d: Range::exactly(self.t90_d.typical),
            ..self.clone()
        }
    }
}

/// Why a material or a tissue cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LibraryError(String);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    material: BTreeMap<String, Material>,
    #[serde(default)]
    tissue: BTreeMap<String, Tissue>,
    #[serde(default)]
    sources: BTreeMap<String, String>,
}

/// Materials and tissues by name.
#[derive(Clone, Debug, PartialEq)]
pub struct Library {
    /// The materials.
    pub materials: BTreeMap<String, Material>,
    /// The tissues.
    pub tissues: BTreeMap<String, Tissue>,
    /// The sources by their keys.
    pub sources: BTreeMap<String, String>,
}

impl Library {
    /// What is built in.
    ///
    /// # Errors
    /// When a built-in table is broken, which the tests rule out.
    pub fn built_in() -> Result<Self, LibraryError> {
        let mut all = parse(include_str!("materials.toml"), Path::new(""), false)?;
        let tissues = parse(include_str!("tissues.toml"), Path::new(""), false)?;
        all.tissues = tissues.tissues;
        all.sources.extend(tissues.sources);
        Ok(all)
    }

    /// A material by name, or the one in a file.
    ///
    /// # Errors
    /// When there is none of this name, or the file cannot be used.
    pub fn material(&self, name: &str) -> Result<Material, LibraryError> {
        pick(name, "material", &self.materials, |library| library.materials)
    }

    /// A tissue by name, or the one in a file.
    ///
    /// # Errors
    /// When there is none of this name, or the file cannot be used.
    pub fn tissue(&self, name: &str) -> Result<Tissue, LibraryError> {
        pick(name, "tissue", &self.tissues, |library| library.tissues)
    }
}

fn pick<T: Clone>(
    name: &str,
    what: &str,
    known: &BTreeMap<String, T>,
    of: impl Fn(Library) -> BTreeMap<String, T>,
) -> Result<T, LibraryError> {
    if let Some((_, item)) = known.iter().find(|(id, _)| id.eq_ignore_ascii_case(name)) {
        return Ok(item.clone());
    }
    let path = Path::new(name);
    if !path.is_file() {
        let names: Vec<&str> = known.keys().map(String::as_str).collect();
        return Err(LibraryError(format!(
            "there is no {what} `{name}`{}",
            did_you_mean(
                name,
                names.iter().copied(),
                &format!("known are {}; a file of your own needs its path", names.join(", "))
            )
        )));
    }
    let wrong = |e: &dyn std::fmt::Display| LibraryError(format!("{name}: {e}"));
    let text = std::fs::read_to_string(path).map_err(|e| wrong(&format!("cannot be read: {e}")))?;
    let library = parse(&text, path.parent().unwrap_or(Path::new("")), true).map_err(|e| wrong(&e))?;
    let mut found = of(library).into_values();
    match (found.next(), found.next()) {
        (Some(item), None) => Ok(item),
        _ => Err(wrong(&format!("a file of your own holds one `[{what}.NAME]`"))),
    }
}

fn parse(text: &str, folder: &Path, own: bool) -> Result<Library, LibraryError> {
    let mut file: File = toml::from_str(text).map_err(|e| LibraryError(e.to_string().trim_end().to_owned()))?;
    for (id, material) in &mut file.material {
        (material.id, material.own) = (id.clone(), own);
        complete(material, folder).map_err(|(key, what)| {
            let at = place(text, "material", id, key);
            LibraryError(format!("{at}: material `{id}`: {what}"))
        })?;
    }
    for (id, tissue) in &mut file.tissue {
        (tissue.id, tissue.own) = (id.clone(), own);
        complete_tissue(tissue, folder).map_err(|(key, what)| {
            let at = place(text, "tissue", id, key);
            LibraryError(format!("{at}: tissue `{id}`: {what}"))
        })?;
    }
    Ok(Library { materials: file.material, tissues: file.tissue, sources: file.sources })
}

/// A range that a file does not give.
const fn unset() -> Range {
    Range::exactly(-1.0)
}

/// Reads the curve of a tissue and checks its figures; else the key that is wrong, and how.
fn complete_tissue(tissue: &mut Tissue, folder: &Path) -> Result<(), (&'static str, String)> {
    if let Some(name) = &tissue.curve {
        let filling = read_filling(&folder.join(name)).map_err(|what| ("curve", format!("{name}: {what}")))?;
        (tissue.lag_d, tissue.t50_d, tissue.t90_d) =
            (Range::exactly(filling.lag()), Range::exactly(filling.day_of(0.5)), Range::exactly(filling.day_of(0.9)));
        tissue.measured = Some(filling);
    }
    for (key, range) in [("lag_d", tissue.lag_d), ("t50_d", tissue.t50_d), ("t90_d", tissue.t90_d)] {
        if range.low < 0.0 {
            return Err((key, format!("it needs `{key}`, or a measured `curve`")));
        }
    }
    let rises = |a: Range, b: Range| a.low < b.low && a.typical < b.typical && a.high < b.high;
    let order = || "lag_d, t50_d and t90_d must follow each other, each end and the middle".to_owned();
    if tissue.curve.is_none() && !rises(tissue.lag_d, tissue.t50_d) {
        return Err(("t50_d", order()));
    }
    if tissue.curve.is_none() && !rises(tissue.t50_d, tissue.t90_d) {
        return Err(("t90_d", order()));
    }
    if tissue.modulus_mpa.low <= 0.0 {
        return Err(("modulus_mpa", "its modulus must be positive".to_owned()));
    }
    if !(0.0..=10.0).contains(&tissue.maturity_exponent) {
        return Err(("maturity_exponent", "its exponent must be 0 to 10".to_owned()));
    }
    for (key, rate) in [
        ("apposition_um_per_day", tissue.apposition_um_per_day),
        ("ingrowth_um_per_day", tissue.ingrowth_um_per_day),
        ("curvature_um2_per_day", tissue.curvature_um2_per_day),
    ] {
        if rate.is_some_and(|r| r.low <= 0.0) {
            return Err((key, format!("`{key}` must be positive")));
        }
    }
    Ok(())
}

/// The line of a key in the table of a material or a tissue, or of its head where the key is not there.
fn place(text: &str, kind: &str, id: &str, key: &str) -> String {
    let heads = [format!("[{kind}.{id}]"), format!("[{kind}.\"{id}\"]")];
    let (mut inside, mut at) = (false, 1);
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.starts_with('[') {
            inside = heads.iter().any(|head| line.starts_with(head.as_str()));
            at = if inside { number + 1 } else { at };
        } else if inside && line.split(['=', ' ']).next() == Some(key) {
            return format!("line {}", number + 1);
        }
    }
    format!("line {at}")
}

/// Gas constant, in J/(mol K), and body temperature, in K.
const GAS: f64 = 8.314_462_6;
const BODY: f64 = 310.15;

/// Activation energies of hydrolysis, in J/mol: Weir 2004, Lyu 2007 and others; it does not hold across the glass
/// transition.
const ACTIVATION: Range = Range { low: 75e3, typical: 90e3, high: 105e3 };

/// By how much longer a half-life is at 37 °C than at a temperature, for an activation energy.
#[must_use]
pub fn slowdown(celsius: f64, activation: f64) -> f64 {
    (activation / GAS * (1.0 / BODY - 1.0 / (celsius + 273.15))).exp()
}

/// Checks that a material has what its law needs, reads its curve, and brings its half-lives to 37 °C; else the key that is
/// wrong, and how.
fn complete(material: &mut Material, folder: &Path) -> Result<(), (&'static str, String)> {
    let positive = |range: Option<Range>| range.is_some_and(|r| r.low > 0.0);
    let needs: &[(&'static str, bool)] = match material.law {
        Law::BulkHydrolysis | Law::RandomScission => &[
            ("half_life_d", positive(material.half_life_d)),
            ("m0_kda", material.m0_kda.is_some_and(|m| m > material.m_crit_kda.unwrap_or(0.0))),
            ("m_crit_kda", material.m_crit_kda.is_some_and(|m| m > 0.0)),
            ("mass_half_life_d", material.mass_half_life_d.is_some_and(|d| d > 0.0)),
        ],
        Law::FirstOrder => &[("half_life_d", positive(material.half_life_d))],
        Law::SurfaceErosion => &[("rate_um_per_day", positive(material.rate_um_per_day))],
        Law::Corrosion => &[("rate_mm_per_year", positive(material.rate_mm_per_year))],
        Law::None => &[],
    };
    if let Some(name) = &material.curve {
        let curve = read_loss(&folder.join(name)).map_err(|what| ("curve", format!("{name}: {what}")))?;
        material.measured = Some(curve);
    }
    let missing = needs.iter().find(|n| !n.1).map(|n| n.0);
    match (&material.measured, missing) {
        (None, Some(missing)) => return Err((missing, format!("its law needs a positive `{missing}`"))),
        // Without a mass of its own a curve leaves that to the law; a weight says itself how fast it falls.
        (Some(Measured { mass: None, weight, .. }), missing) => {
            let by_weight = matches!(material.law, Law::BulkHydrolysis | Law::RandomScission);
            if weight.is_some() && !by_weight {
                return Err(("curve", "a molecular weight tells the mass of what is hydrolysed only".to_owned()));
            }
            if let Some(missing) = missing.filter(|key| weight.is_none() || *key != "half_life_d") {
                return Err((missing, format!("its curve tells no mass, and for that its law needs `{missing}`")));
            }
        }
        _ => {}
    }
    for (key, value) in [
        ("m0_kda", material.m0_kda),
        ("m_crit_kda", material.m_crit_kda),
        ("mass_half_life_d", material.mass_half_life_d),
        ("autocatalysis_um", material.autocatalysis_um),
        ("critical_thickness_um", material.critical_thickness_um),
    ] {
        if value.is_some_and(|v| !(v > 0.0 && v.is_finite())) {
            return Err((key, format!("`{key}` must be positive")));
        }
    }
    for (key, range) in [("modulus_gpa", material.modulus_gpa), ("strength_mpa", material.strength_mpa)] {
        if range.low <= 0.0 {
            return Err((key, format!("`{key}` must be positive")));
        }
    }
    if let Some(celsius) = material.measured_at_c {
        if !(0.0..=95.0).contains(&celsius) {
            return Err(("measured_at_c", "`measured_at_c` is a temperature of 0 to 95 °C".to_owned()));
        }
        if let Some(range) = &mut material.half_life_d {
            let slow = ACTIVATION.map(|ea| slowdown(celsius, ea));
            *range = Range {
                low: range.low * slow.low,
                typical: range.typical * slow.typical,
                high: range.high * slow.high,
            };
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_whole_and_name_their_sources() {
        let library = Library::built_in().unwrap();
        assert!(library.materials.len() >= 35 && library.tissues.len() >= 7);
        for name in ["alginate", "coralline_HA", "PLGA_85_15", "plla"] {
            library.material(name).unwrap();
        }
        for material in library.materials.values() {
            assert!(!material.source.is_empty(), "{}", material.id);
            for text in material.source.values() {
                for key in text.split('[').skip(1).filter_map(|rest| rest.split(']').next()) {
                    assert!(library.sources.contains_key(key), "{}: [{key}]", material.id);
                }
            }
        }
    }

    fn own(text: &str, curve: &str) -> Result<Material, LibraryError> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("loss.csv"), curve).unwrap();
        let path = folder.path().join("mine.toml");
        std::fs::write(&path, text).unwrap();
        Library::built_in().unwrap().material(&path.to_string_lossy())
    }

    const OWN: &str = "[material.mine]\nname = \"Mine\"\nclass = \"polymer\"\ndensity_g_cm3 = 1.2\nmodulus_gpa = 2\n\
                       strength_mpa = [40, 50, 60]\nlaw = \"first-order\"\n";

    #[test]
    fn a_material_of_ones_own_is_read_and_its_mistakes_are_placed() {
        let mine = own(&format!("{OWN}half_life_d = 30\n"), "").unwrap();
        assert!(mine.own && mine.half_life_d == Some(Range::exactly(30.0)));
        let missing = own(OWN, "").unwrap_err().to_string();
        assert!(missing.contains("line 1: ") && missing.contains("half_life_d"), "{missing}");
        let weak = format!("{}half_life_d = 3\n", OWN.replace("modulus_gpa = 2", "modulus_gpa = 0"));
        let weak = own(&weak, "").unwrap_err().to_string();
        assert!(weak.contains("line 5: ") && weak.contains("modulus_gpa"), "{weak}");
        assert!(own(&format!("{OWN}half_life_d = -3\n"), "").unwrap_err().to_string().contains("line 8"));
        assert!(own(&format!("{OWN}halflife = 3\n"), "").unwrap_err().to_string().contains("halflife"));
        let with_curve = format!("{OWN}curve = \"loss.csv\"\n");
        let measured = own(&with_curve, "days,mass\n0,1\n30,0.8\n60,0.1\n").unwrap().measured.unwrap();
        assert_eq!(measured.mass.unwrap(), [1.0, 0.8, 0.1]);
        for (curve, expected) in [
            ("days,mass\n0,1\n30,0.8\n60,0.9\n", "line 4"),
            ("days,mass\n0,1\n30,0.8\n20,0.5\n", "line 4"),
            ("days,mass\n0,1\n30,x\n", "line 3"),
            ("days,mass\n0,1\n30,-0.2\n", "line 3"),
            ("days,mass\n0,1\n30,nan\n", "line 3"),
            ("day,mass\n0,1\n", "line 1"),
            ("days,mass\n5,1\n9,0.5\n", "day 0"),
        ] {
            let error = own(&with_curve, curve).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        assert!(Library::built_in().unwrap().material("unobtainium").unwrap_err().to_string().contains("PLLA"));
    }

    #[test]
    fn a_tissue_of_ones_own_is_refused_with_its_line() {
        let own = |change: (&str, &str)| {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("mine.toml");
            let text = "[tissue.mine]\nname = \"Mine\"\nclass = \"shared\"\nmodulus_mpa = 10\nlag_d = 5\nt50_d = 20\n\
                        t90_d = 60\ningrowth_um_per_day = 20\nmaturity_exponent = 1\n";
            std::fs::write(&path, text.replace(change.0, change.1)).unwrap();
            Library::built_in().unwrap().tissue(&path.to_string_lossy()).map_err(|e| e.to_string())
        };
        assert!(own(("", "")).is_ok());
        for (from, to, line, what) in [
            ("t50_d = 20", "t50_d = 3", "line 6", "follow"),
            ("t90_d = 60", "t90_d = 20", "line 7", "follow"),
            ("day = 20", "day = 0", "line 8", "positive"),
            ("day = 20", "day = -4", "line 8", "range"),
            ("exponent = 1", "exponent = 11", "line 9", "exponent"),
        ] {
            let error = own((from, to)).unwrap_err();
            assert!(error.contains("mine.toml") && error.contains(line) && error.contains(what), "{error}");
        }
    }

    #[test]
    fn half_lives_are_brought_to_body_temperature() {
        // 70 °C against 37 °C: 16-fold at 75 kJ/mol, 50-fold at 105.
        let hot = own(&format!("{OWN}half_life_d = 1\nmeasured_at_c = 70\n"), "").unwrap().half_life_d.unwrap();
        assert!((hot.low - 16.4).abs() < 0.5 && (hot.high - 50.0).abs() < 2.0, "{hot:?}");
        assert!((slowdown(37.0, 90e3) - 1.0).abs() < 1e-12);
    }
}
