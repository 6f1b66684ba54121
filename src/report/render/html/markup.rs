//! Pieces of HTML that several sections use.

use std::fmt::Write as _;

use crate::report::{DesignEntry, words};

/// Text that HTML shows as it is.
pub(in crate::report::render) fn escape(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '"' => shown.push_str("&quot;"),
            c if c.is_control() => shown.push(' '),
            c => shown.push(c),
        }
    }
    shown
}

/// A colour of a key and what it stands for; `class` adds a pattern.
pub(super) fn chip(colour: [u8; 3], class: &str, text: &str) -> String {
    format!(
        "<span><i class=\"{class}\" style=\"background-color:rgb({},{},{})\"></i>{}</span>",
        colour[0],
        colour[1],
        colour[2],
        escape(text)
    )
}

/// A section with a table of the figures whose ids begin with one of the families; nothing where there are none.
pub(super) fn figures(out: &mut String, design: &DesignEntry, title: &str, note: &str, families: &[&str]) {
    let of_family = |id: &str| families.iter().any(|f| id.strip_prefix(f).is_some_and(|rest| rest.starts_with('.')));
    let mut found = design.measurements.iter().filter(|(id, _)| of_family(id)).peekable();
    if found.peek().is_none() {
        return;
    }
    let _ = writeln!(
        out,
        "<h2>{}</h2>\n<p class=\"facts\">{}</p>\n<table class=\"figures\"><tr><th>figure<th class=n>value<th>how</tr>",
        escape(title),
        escape(note)
    );
    for (id, m) in found {
        let figure = match m.range {
            Some(range) => words::with_range(m.value, range, words::symbol(m.unit)),
            None => words::with_uncertainty(m.value, m.uncertainty, words::symbol(m.unit)),
        };
        let _ = writeln!(
            out,
            "<tr><td>{}<td class=n>{}<td>{}</tr>",
            escape(id),
            escape(figure.trim_end()),
            escape(&m.method)
        );
    }
    out.push_str("</table>\n");
}
