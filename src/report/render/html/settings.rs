//! Which file it was, on what grid, and every option that was set.

use std::fmt::Write as _;

use super::markup::escape;
use crate::report::DesignEntry;
use crate::units::significant;

pub(super) fn render(out: &mut String, design: &DesignEntry) {
    out.push_str("<details><summary>File and settings</summary>\n<table class=\"settings\">\n");
    let mut rows: Vec<(String, String)> = vec![("file".to_owned(), design.source.path.clone())];
    rows.extend(design.source.sha256.clone().map(|hash| ("SHA-256".to_owned(), hash)));
    if let Some(unit) = &design.source.unit {
        let from = if design.source.unit_assumed == Some(true) { " (assumed: the file has none)" } else { "" };
        rows.push(("unit".to_owned(), format!("{unit}{from}")));
    }
    if let Some(spacing) = design.source.spacing_um {
        rows.push(("spacing of the file".to_owned(), format!("{} µm", spacing.map(|s| significant(s, 5)).join(" × "))));
    }
    rows.extend(design.source.threshold.clone().map(|text| ("phases".to_owned(), text)));
    if let Some(g) = &design.grid {
        let [x, y, z] = g.size;
        let spacing = g.spacing_um.map(|s| significant(s, 5)).join(" × ");
        rows.push(("grid".to_owned(), format!("{x} × {y} × {z} voxels of {spacing} µm")));
        rows.push(("cut pores".to_owned(), g.cut_pores.clone()));
    }
    if let Some(e) = &design.envelope {
        rows.push((
            "envelope".to_owned(),
            format!("{}, {}: {}", e.kind, e.chosen, e.reason.trim_start_matches("auto: ")),
        ));
    }
    rows.extend(design.criteria.clone().map(|name| ("criteria".to_owned(), name)));
    rows.extend(design.settings.iter().map(|(name, s)| (name.clone(), format!("{} ({})", s.value, s.from))));
    for (name, value) in rows {
        let _ = writeln!(out, "<tr><th scope=row>{}<td>{}</tr>", escape(&name), escape(&value));
    }
    out.push_str("</table></details>\n");
}
