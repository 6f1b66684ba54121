//! What users write: where a value stands in a TOML file, and which known name a misspelt one is nearest to.

use toml::de::{DeTable, DeValue};

/// A step into a TOML file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// The value of a key.
    Key(&'a str),
    /// An item of an array, or the n-th `[[table]]`.
    Item(usize),
}

/// Line and column, from 1, of the value that these steps lead to, or of what holds it where they lead no further; `None`
/// where nothing of them is there, or the text is no TOML.
#[must_use]
pub fn place(text: &str, steps: &[Step<'_>]) -> Option<(usize, usize)> {
    let table = DeTable::parse(text).ok()?;
    let (first, rest) = steps.split_first()?;
    let Step::Key(key) = first else { return None };
    let mut found = table.get_ref().get(*key)?;
    for step in rest {
        let next = match step {
            Step::Key(key) => DeValue::get(found.get_ref(), *key),
            Step::Item(n) => DeValue::get(found.get_ref(), *n),
        };
        let Some(next) = next else { break };
        found = next;
    }
    Some(line_and_column(text, found.span().start))
}

/// Line and column of a byte, from 1; columns are characters.
fn line_and_column(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or("");
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}

/// A message behind the place that it is about, where that is known.
#[must_use]
pub fn placed(place: Option<(usize, usize)>, message: &str) -> String {
    place.map_or_else(|| message.to_owned(), |(line, column)| format!("line {line}, column {column}: {message}"))
}

/// The known name that a word is nearest to: one letter of three may differ, two of seven, three
/// of more.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let fold = |name: &str| name.to_lowercase().replace(['-', '_'], "");
    let asked = fold(word);
    let most = match asked.chars().count() {
        ..=3 => 1,
        4..=7 => 2,
        _ => 3,
    };
    let (edits, name) =
        known.into_iter().map(|name| (distance(&asked, &fold(name)), name)).min_by_key(|found| found.0)?;
    (edits <= most).then_some(name)
}

/// What there is in place of an unknown word, with the name that it is nearest to: `: did you mean …? Known are …`, or
/// `: known are …`.
#[must_use]
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>, rest: &str) -> String {
    match (nearest(word, known), rest.chars().next()) {
        (Some(name), Some(first)) => {
            format!(": did you mean `{name}`? {}{}", first.to_uppercase(), &rest[first.len_utf8()..])
        }
        (Some(name), None) => format!(": did you mean `{name}`?"),
        (None, Some(_)) => format!(": {rest}"),
        (None, None) => String::new(),
    }
}

/// Adds the nearest name to a message of a reader about an unknown key or value, which lists the known ones in backticks.
#[must_use]
pub fn suggest(message: &str) -> String {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let unknown = ["unknown field", "unknown variant"].iter().any(|kind| message.contains(kind));
    match quoted.split_first().filter(|_| unknown) {
        Some((wrong, known)) => match nearest(wrong, known.iter().copied()) {
            Some(name) => format!("{message}\ndid you mean `{name}`?"),
            None => message.to_owned(),
        },
        None => message.to_owned(),
    }
}

/// Edits between two words: letters put in, left out, changed, or two neighbours exchanged (Damerau 1964, each place
/// edited once).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = change.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_where_it_stands() {
        let text = "title = \"µ\"\n[[check]]\nid = \"a\"\n[[check]]\n  region = { axial = \"z\", to = 2 }\n  min = 3\n";
        let of = |key| place(text, &[Step::Key("check"), Step::Item(1), Step::Key(key)]);
        assert_eq!(of("min"), Some((6, 9)));
        assert_eq!(
            place(text, &[Step::Key("check"), Step::Item(1), Step::Key("region"), Step::Key("to")]),
            Some((5, 32))
        );
        assert_eq!(of("max"), Some((4, 1)), "a key that is missing is missing from its table");
        assert_eq!(place(text, &[Step::Key("design")]), None);
        assert_eq!(placed(of("min"), "wrong"), "line 6, column 9: wrong");
    }

    #[test]
    fn the_nearest_name_is_near() {
        let materials = ["PCL", "PLLA", "PLGA_85_15", "hyaluronan_ester"];
        assert_eq!(nearest("PLC", materials), Some("PCL"));
        assert_eq!(nearest("plga-85-15", materials), Some("PLGA_85_15"));
        assert_eq!(nearest("hyaluronanester", materials), Some("hyaluronan_ester"));
        assert_eq!(nearest("titanium", materials), None);
        assert_eq!(did_you_mean("titanium", materials, ""), "");
        assert_eq!(did_you_mean("titanium", materials, "known are all"), ": known are all");
        assert_eq!(did_you_mean("PLC", materials, "known are all"), ": did you mean `PCL`? Known are all");
        let unknown = suggest("unknown field `uint`, expected one of `unit`, `spacing`");
        assert!(unknown.ends_with("did you mean `unit`?"), "{unknown}");
    }

    #[test]
    fn edits_are_counted() {
        for (a, b, edits) in [("", "abc", 3), ("kitten", "sitting", 3), ("rewiew", "review", 1), ("plc", "pcl", 1)] {
            assert_eq!((distance(a, b), distance(b, a)), (edits, edits), "{a} {b}");
        }
    }
}
