//! Measured curves of a user's own: tables of days against what is left of a material, or against how much of the void is
//! filled.
//!
//! A head names the columns. Days rise from 0; what is left never rises, and is told as shares of the first line, so that
//! grams, kilodaltons and megapascals serve as well as shares; what is filled never falls, from 0 to 1. Every mistake is
//! told with its line.

use std::path::Path;

use super::growth::Filling;

/// A measured course of degradation, as shares of the first day. At least one of them is there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    /// Days, rising from 0.
    pub days: Vec<f64>,
    /// Share of the mass that is left.
    pub mass: Option<Vec<f64>>,
    /// Share of the molecular weight that is left.
    pub weight: Option<Vec<f64>>,
    /// Share of the stiffness that is left.
    pub stiffness: Option<Vec<f64>>,
}

/// Which way the values of a column go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Falling,
    Rising,
}

/// Reads a measured loss: `days`, and `mass`, `molecular_weight` or `stiffness` (`modulus`), one of them or more.
pub(super) fn read_loss(path: &Path) -> Result<Measured, String> {
    let (days, columns) = read(path, &[&["mass"], &["molecular_weight"], &["stiffness", "modulus"]], Way::Falling)?;
    if columns.iter().all(Option::is_none) {
        return Err("line 1: the head must name `days` and one of `mass`, `molecular_weight` and `modulus`".to_owned());
    }
    let shares = |column: Option<Vec<f64>>| column.map(|c| c.iter().map(|v| v / c[0]).collect());
    let [mass, weight, stiffness] = columns.map(shares);
    Ok(Measured { days, mass, weight, stiffness })
}

/// Reads a measured filling: `days` and `fill`.
pub(super) fn read_filling(path: &Path) -> Result<Filling, String> {
    let (days, [fill]) = read(path, &[&["fill"]], Way::Rising)?;
    let fill = fill.ok_or("line 1: the head must name the columns `days` and `fill`")?;
    Ok(Filling::measured(days, fill))
}

/// The days and the columns of a table that go by any of these names.
fn read<const N: usize>(
    path: &Path,
    names: &[&[&str]; N],
    way: Way,
) -> Result<(Vec<f64>, [Option<Vec<f64>>; N]), String> {
    let mut table = csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(path).map_err(|e| e.to_string())?;
    let head = table.headers().map_err(|e| e.to_string())?.clone();
    let column = |names: &[&str]| head.iter().position(|h| names.iter().any(|name| h.eq_ignore_ascii_case(name)));
    let places = names.map(column);
    let at_days = column(&["days"]).ok_or("line 1: the head must name the column `days`")?;
    let mut days: Vec<f64> = Vec::new();
    let mut columns: [Option<Vec<f64>>; N] = places.map(|place| place.map(|_| Vec::new()));
    for record in table.records() {
        let record = record.map_err(|e| e.to_string())?;
        let line = record.position().map_or(0, csv::Position::line);
        let number = |column: usize| -> Result<f64, String> {
            let text = record.get(column).unwrap_or("");
            let value: f64 = text.parse().map_err(|_| format!("line {line}: `{text}` is not a number"))?;
            if value.is_finite() && value >= 0.0 {
                Ok(value)
            } else {
                Err(format!("line {line}: `{text}` is no number from 0 on"))
            }
        };
        let day = number(at_days)?;
        match days.last() {
            Some(last) if day <= *last => {
                return Err(format!("line {line}: day {day} does not come after the one before"));
            }
            None if day > 0.0 => return Err(format!("line {line}: it must begin at day 0")),
            _ => days.push(day),
        }
        for (place, values) in places.iter().zip(&mut columns) {
            let (Some(place), Some(values)) = (place, values) else { continue };
            let value = number(*place)?;
            match (way, values.last()) {
                (Way::Falling, None) if value <= 0.0 => {
                    return Err(format!("line {line}: what is left must begin above 0"));
                }
                (Way::Falling, Some(last)) if value > *last => {
                    return Err(format!("line {line}: {value} is more than before; what is left only falls"));
                }
                (Way::Rising, Some(last)) if value < *last => {
                    return Err(format!("line {line}: {value} is less than before; what is filled only rises"));
                }
                (Way::Rising, _) if value > 1.0 => {
                    return Err(format!("line {line}: {value} is more than 1; a fill is a share of the void"));
                }
                _ => values.push(value),
            }
        }
    }
    if days.len() < 2 {
        return Err("it must begin at day 0, and have a second line".to_owned());
    }
    Ok((days, columns))
}
