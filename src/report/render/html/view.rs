//! The solid in three dimensions: what the script needs to show it, and the list of places to look at.

use std::fmt::Write as _;

use super::markup::chip;
use super::places::places;
use super::scale::{TOO_LARGE, TOO_SMALL};
use super::sections::ramp;
use super::shown::Shown;
use crate::report::DesignEntry;
use crate::units::significant;

pub(super) fn render(out: &mut String, design: &DesignEntry, shown: &Shown<'_>, number: usize) {
    let (struts, pores) = (shown.struts.as_ref(), shown.pores.as_ref());
    let places = places(design);
    out.push_str("<h2>The solid in three dimensions</h2>\n");
    out.push_str(
        "<noscript><p class=\"facts\">This view needs JavaScript; all figures stand in the text.</p></noscript>\n",
    );
    let _ = writeln!(
        out,
        "<div class=\"view needs-script\" data-block=\"{number}\"><div class=\"stage\"><p class=\"message\" role=\"status\">drawing…</p></div>\n\
         <div class=\"controls\">"
    );
    let _ = write!(out, "<label>colour <select name=\"colour\">");
    if struts.is_some() {
        out.push_str("<option value=\"struts\">strut thickness</option>");
    }
    if pores.is_some() {
        out.push_str("<option value=\"pores\">pores at the wall, against the limits</option>");
    }
    out.push_str("<option value=\"plain\">none</option></select></label>\n");
    out.push_str(
        "<label>cut <select name=\"cut\"><option value=\"\">none</option><option value=\"0\">across x</option>\
         <option value=\"1\">across y</option><option value=\"2\">across z</option></select></label>\n\
         <label class=\"slide\"><input type=\"range\" name=\"at\" min=\"0\" max=\"1\" step=\"1\" value=\"0\" aria-label=\"Position of the cut\" disabled>\
         <output></output></label>\n\
         <label><input type=\"checkbox\" name=\"pores\"> pores in the cut</label>\n\
         <span class=\"buttons\"><button type=\"button\" name=\"nearer\" aria-label=\"Nearer\">+</button>\
         <button type=\"button\" name=\"farther\" aria-label=\"Farther\">−</button>\
         <button type=\"button\" name=\"reset\">reset</button></span></div>\n",
    );
    for (name, scale) in [("struts", struts), ("pores", pores)] {
        if let Some(scale) = scale {
            let _ = write!(out, "<p class=\"key\" data-colour=\"{name}\" hidden>{name} {}", ramp(scale));
            if let Some((low, high)) = scale.limits {
                if low > 0.0 {
                    out.push_str(&chip(TOO_SMALL, "small", &format!("below {} µm", significant(low, 4))));
                }
                if high.is_finite() {
                    out.push_str(&chip(TOO_LARGE, "large", &format!("above {} µm", significant(high, 4))));
                }
            }
            out.push_str("</p>\n");
        }
    }
    out.push_str(
        "<p class=\"facts hint\">Drag, or the arrow keys, to turn; + and − or two fingers to come nearer; shift and drag to \
         move; Page Up and Page Down to move the cut. <span class=\"drawn\"></span></p>\n",
    );
    if !places.is_empty() {
        out.push_str("<ol class=\"places\">\n");
        for place in &places {
            let _ =
                writeln!(out, "<li class=\"{}\"><button type=\"button\">{}</button></li>", place.class(), place.html());
        }
        out.push_str("</ol>\n");
    }
    out.push_str("</div>\n");
}
