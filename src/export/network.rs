//! Networks of pores: the table of pores for people, and the file that OpenPNM reads.
//!
//! OpenPNM (`openpnm.io.network_from_csv`) takes one table in which each property is a column, a property of several
//! numbers a column for each (`pore.coords[0]`); rows of pores and of throats stand side by side from the top, and the
//! shorter of the two ends in blanks. Its units are metres.

use std::io::{self, Write};

/// Names of the six sides, in the order of an envelope's: those that OpenPNM and PoreSpy use.
const SIDES: [&str; 6] = ["xmin", "xmax", "ymin", "ymax", "zmin", "zmax"];

const M: f64 = 1e-6;

/// A pore.
#[derive(Clone, Debug, PartialEq)]
pub struct Pore {
    /// Centre of its largest sphere, in µm of the input's own frame.
    pub at_um: [f64; 3],
    /// Diameter of that sphere.
    pub diameter_um: f64,
    /// Volume of the pore.
    pub volume_mm3: f64,
    /// Number of throats that lead to other pores.
    pub coordination: usize,
    /// Which of the sides -x +x -y +y -z +z it reaches.
    pub sides: [bool; 6],
}

/// A throat.
#[derive(Clone, Debug, PartialEq)]
pub struct Throat {
    /// The two pores.
    pub pores: [usize; 2],
    /// Centre of the largest sphere that passes, in µm of the input's own frame.
    pub at_um: [f64; 3],
    /// Diameter of that sphere.
    pub diameter_um: f64,
    /// Way from the middle of one pore through the throat to the middle of the other.
    pub length_um: f64,
}

/// Pores and the throats between them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PoreNetwork {
    /// The pores.
    pub pores: Vec<Pore>,
    /// The throats.
    pub throats: Vec<Throat>,
}

/// Diameter of the sphere of a pore's volume, in µm.
fn equivalent(pore: &Pore) -> f64 {
    (6.0 / std::f64::consts::PI * pore.volume_mm3 * 1e9).cbrt()
}

/// Writes rows of a table.
fn table(out: &mut impl Write, head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(&mut *out);
    table.write_record(head)?;
    for row in rows {
        table.write_record(row)?;
    }
    table.flush()
}

/// Writes the table of pores, a row a pore, with units in the head.
///
/// # Errors
/// When writing fails.
pub fn write_pores(out: &mut impl Write, network: &PoreNetwork) -> io::Result<()> {
    let mut head = vec![
        "pore",
        "x [um]",
        "y [um]",
        "z [um]",
        "diameter [um]",
        "equivalent diameter [um]",
        "volume [mm3]",
        "coordination",
        "widest throat [um]",
    ];
    head.extend(SIDES);
    let mut widest = vec![0.0f64; network.pores.len()];
    for throat in &network.throats {
        throat.pores.iter().for_each(|&p| widest[p] = widest[p].max(throat.diameter_um));
    }
    let rows = network.pores.iter().zip(widest).enumerate().map(|(k, (pore, widest))| {
        let [x, y, z] = pore.at_um;
        let numbers = [x, y, z, pore.diameter_um, equivalent(pore), pore.volume_mm3];
        let mut row = vec![k.to_string()];
        row.extend(numbers.iter().map(f64::to_string));
        row.push(pore.coordination.to_string());
        row.push(if pore.coordination > 0 { widest.to_string() } else { String::new() });
        row.extend(pore.sides.iter().map(|side| u8::from(*side).to_string()));
        row
    });
    table(out, &head, rows)
}

/// Writes the network for OpenPNM.
///
/// # Errors
/// When writing fails.
pub fn write_openpnm(out: &mut impl Write, network: &PoreNetwork) -> io::Result<()> {
    let mut head: Vec<String> = [
        "pore.coords[0]",
        "pore.coords[1]",
        "pore.coords[2]",
        "pore.diameter",
        "pore.equivalent_diameter",
        "pore.volume",
    ]
    .map(str::to_owned)
    .to_vec();
    head.extend(SIDES.map(|side| format!("pore.{side}")));
    let of_pores = head.len();
    let throats = ["throat.conns[0]", "throat.conns[1]", "throat.diameter", "throat.total_length"];
    head.extend(throats.map(str::to_owned));
    let head: Vec<&str> = head.iter().map(String::as_str).collect();
    let rows = (0..network.pores.len().max(network.throats.len())).map(|k| {
        let mut row = Vec::with_capacity(head.len());
        if let Some(pore) = network.pores.get(k) {
            row.extend(pore.at_um.map(|c| (c * M).to_string()));
            row.push((pore.diameter_um * M).to_string());
            row.push((equivalent(pore) * M).to_string());
            row.push((pore.volume_mm3 * 1e-9).to_string());
            row.extend(pore.sides.map(|side| if side { "True" } else { "False" }.to_owned()));
        }
        row.resize(of_pores, String::new());
        if let Some(throat) = network.throats.get(k) {
            row.extend(throat.pores.map(|p| p.to_string()));
            row.push((throat.diameter_um * M).to_string());
            row.push((throat.length_um * M).to_string());
        }
        row.resize(head.len(), String::new());
        row
    });
    table(out, &head, rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network() -> PoreNetwork {
        let pore = |x: f64, coordination| Pore {
            at_um: [x, 20.0, -30.0],
            diameter_um: 250.0,
            volume_mm3: std::f64::consts::PI / 6.0 * 0.3f64.powi(3),
            coordination,
            sides: [x < 100.0, false, false, false, false, true],
        };
        let throat = Throat { pores: [0, 2], at_um: [110.0, 20.0, -30.0], diameter_um: 80.0, length_um: 210.0 };
        PoreNetwork { pores: vec![pore(10.0, 1), pore(500.0, 0), pore(220.0, 1)], throats: vec![throat] }
    }

    #[test]
    fn rows_of_pores_and_throats_stand_side_by_side() {
        let mut text = Vec::new();
        write_openpnm(&mut text, &network()).unwrap();
        let mut table = csv::Reader::from_reader(&text[..]);
        let head = table.headers().unwrap().clone();
        let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
        let at = |row: usize, name: &str| rows[row][head.iter().position(|h| h == name).unwrap()].to_owned();
        let number = |row: usize, name: &str| at(row, name).parse::<f64>().unwrap();
        assert_eq!(rows.len(), 3);
        assert!((number(2, "pore.coords[0]") - 220e-6).abs() < 1e-15 && number(1, "pore.coords[2]") == -30.0 * M);
        assert!((number(0, "pore.equivalent_diameter") - 300e-6).abs() < 1e-12);
        assert_eq!(
            (at(0, "pore.xmin"), at(1, "pore.xmin"), at(1, "pore.zmax")),
            ("True".into(), "False".into(), "True".into())
        );
        assert_eq!((at(0, "throat.conns[0]"), at(0, "throat.conns[1]")), ("0".into(), "2".into()));
        assert_eq!(at(1, "throat.conns[0]"), "", "fewer throats than pores");
    }

    #[test]
    fn the_table_of_pores_has_a_row_a_pore() {
        let mut text = Vec::new();
        write_pores(&mut text, &network()).unwrap();
        let text = String::from_utf8(text).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 4);
        assert!(lines[0].starts_with("pore,x [um]") && lines[1].contains(",1,80,1,0,0,0,0,1"), "{text}");
        assert!(lines[2].contains(",0,,0,0"), "a pore without throats: {text}");
    }
}
