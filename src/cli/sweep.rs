//! `materials match`: every material in every tissue for one design, as a table.

use std::fmt::Write as _;
use std::sync::Arc;

use super::{Failure, output};
use crate::criteria::{Verdict, built_in};
use crate::fate::Library;
use crate::gauge::Sweep;
use crate::parallel::{Exec, Silent};
use crate::report::Status;
use crate::report::words::wrap;
use crate::units::{Length, significant};

pub fn materials_match(porosity: f64, strut: Length) -> Result<Status, Failure> {
    let wrong = |e: &dyn std::fmt::Display| Failure::Message(e.to_string());
    let library = Library::built_in().map_err(|e| wrong(&e))?;
    let criteria = built_in("review").map_err(|e| wrong(&e))?;
    let exec = Exec::new(None, Arc::new(Silent)).map_err(|e| wrong(&e))?;
    let sweep = Sweep { library: &library, criteria: &criteria, density: 1.0 - porosity, strut: strut.um() };
    let rows = sweep.run(&exec);
    let mut text = wrap(
        &format!(
            "Porosity {} %, struts of {strut}: the required checks of `review` on degradation and matching, over the ranges \
             of the library (✓ pass, ✗ fail, ~ open)",
            significant(100.0 * porosity, 3)
        ),
        "",
    );
    let letter = |k: usize| char::from(b'a' + k as u8);
    text.push('\n');
    for (k, id) in library.tissues.keys().enumerate() {
        let _ = writeln!(text, "  {}  {id}", letter(k));
    }
    let head: String = (0..library.tissues.len()).map(|k| format!("  {}", letter(k))).collect();
    let _ = writeln!(text, "\n{:18}{head}", "");
    for (material, verdicts) in &rows {
        let marks: String = verdicts.iter().map(|v| format!("  {}", mark(*v))).collect();
        let _ = writeln!(text, "{material:18}{marks}");
    }
    let all: Vec<Verdict> = rows.into_iter().flat_map(|r| r.1).collect();
    let share = |verdict: Verdict| {
        let count = all.iter().filter(|v| **v == verdict).count();
        format!("{count} ({} %)", significant(100.0 * count as f64 / all.len().max(1) as f64, 3))
    };
    let _ = writeln!(
        text,
        "\nOf {} pairs {} pass, {} fail, {} are open.",
        all.len(),
        share(Verdict::Pass),
        share(Verdict::Fail),
        share(Verdict::Inconclusive)
    );
    output::print(&text)
}

fn mark(verdict: Verdict) -> char {
    match verdict {
        Verdict::Pass | Verdict::Declared => '✓',
        Verdict::Fail => '✗',
        Verdict::Inconclusive | Verdict::NotAssessed => '~',
    }
}
