//! Whether the elements of a DICOM file end where the file does: a look at every length before anything is read on its
//! word.
//!
//! An element is a tag, mostly two letters for its type, a length and a value. Sequences hold items that hold elements
//! again; they are entered, not skipped, so the walk is one pass without depth. A length of all ones says that a
//! delimiter ends the value. Values of numbers hold whole numbers: a reader that takes only these would go on in the
//! middle of the value. Standard: NEMA PS3.5 (ISO 12052), chapter 7.

use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry};
use dicom_object::{StandardDataDictionary, Tag};

use super::dicom_pixels::{BIG_ENDIAN, IMPLICIT};

/// Length of a value that a delimiter ends.
const OPEN: u32 = u32::MAX;

/// The group of items and delimiters, and the item among them.
const ITEMS: u16 = 0xFFFE;
const ITEM: u16 = 0xE000;
const END_OF_SEQUENCE: u16 = 0xE0DD;

/// The types whose lengths have 16 bits; those of all others, known or not, have 32.
pub const SHORT: [&[u8; 2]; 21] = [
    b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO", b"LT", b"PN", b"SH", b"SL", b"SS",
    b"ST", b"TM", b"UI", b"UL", b"US",
];

/// Bytes of a number of a type; 1 where it holds no numbers.
fn unit(kind: impl AsRef<[u8]>) -> u32 {
    match kind.as_ref() {
        b"US" | b"SS" | b"OW" => 2,
        b"UL" | b"SL" | b"FL" | b"AT" | b"OF" | b"OL" => 4,
        b"FD" | b"OD" | b"OV" | b"SV" | b"UV" => 8,
        _ => 1,
    }
}

/// What is said of numbers: their order, and whether elements name their types.
struct Form<'a> {
    data: &'a [u8],
    big: bool,
    typed: bool,
}

/// An element as its head describes it.
struct Head {
    tag: (u16, u16),
    /// Whether the value is a sequence, which is entered.
    sequence: bool,
    /// Whether the type is that of what a writer did not know: a sequence of it names no types.
    unknown: bool,
    length: u32,
    /// Bytes of each number, for a value of numbers; else 1.
    unit: u32,
    /// Where the value begins.
    value: usize,
}

impl Form<'_> {
    fn bytes<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        let mut bytes: [u8; N] = self.data.get(at..)?.get(..N)?.try_into().ok()?;
        if self.big {
            bytes.reverse();
        }
        Some(bytes)
    }

    fn short(&self, at: usize) -> Option<u16> {
        self.bytes(at).map(u16::from_le_bytes)
    }

    fn long(&self, at: usize) -> Option<u32> {
        self.bytes(at).map(u32::from_le_bytes)
    }

    fn head(&self, at: usize) -> Option<Head> {
        let tag = (self.short(at)?, self.short(at + 2)?);
        if tag.0 == ITEMS || !self.typed {
            let length = self.long(at + 4)?;
            let value = at + 8;
            // Without types, a sequence shows by the item that it begins with.
            let item = self.short(value) == Some(ITEMS) && self.short(value + 2) == Some(ITEM);
            let pixels = tag == (0x7FE0, 0x0010);
            let sequence = tag.0 == ITEMS || (!pixels && (item || length == OPEN));
            let known = StandardDataDictionary.by_tag(Tag(tag.0, tag.1)).filter(|_| tag.0 != ITEMS);
            let unit = known.map_or(1, |entry| unit(entry.vr().relaxed().to_string()));
            return Some(Head { tag, sequence, unknown: false, length, unit, value });
        }
        let kind: &[u8; 2] = self.data.get(at + 4..at + 6)?.try_into().ok()?;
        let wide = !SHORT.contains(&kind);
        let (length, value) =
            if wide { (self.long(at + 8)?, at + 12) } else { (u32::from(self.short(at + 6)?), at + 8) };
        let pixels = tag == (0x7FE0, 0x0010);
        let sequence = kind == b"SQ" || (length == OPEN && !pixels);
        let unit = unit(kind);
        Some(Head { tag, sequence, unknown: kind == b"UN", length, unit, value })
    }

    /// Where the packed frames end that begin at `at`: items of raw bytes up to a delimiter.
    fn frames(&self, mut at: usize) -> Option<usize> {
        loop {
            let head = self.head(at)?;
            match head.tag {
                (ITEMS, END_OF_SEQUENCE) => return Some(head.value),
                (ITEMS, ITEM) => at = self.after(&head)?,
                _ => return None,
            }
        }
    }

    /// Where the value of an element ends, if that is in the file.
    fn after(&self, head: &Head) -> Option<usize> {
        head.value.checked_add(head.length as usize).filter(|end| *end <= self.data.len())
    }

    fn walk(&self, mut at: usize) -> Option<()> {
        let bare = Form { typed: false, ..*self };
        // How deep in open sequences that name no types.
        let mut untyped = 0usize;
        // What is left behind the last element is less than a head: files are filled up.
        while at + 8 <= self.data.len() {
            let head = if untyped > 0 { bare.head(at)? } else { self.head(at)? };
            if head.tag == (ITEMS, END_OF_SEQUENCE) {
                untyped = untyped.saturating_sub(1);
            } else if head.tag.0 != ITEMS && head.sequence && head.length == OPEN && (untyped > 0 || head.unknown) {
                untyped += 1;
            }
            if head.length != OPEN {
                if !head.sequence && head.length % head.unit != 0 {
                    return None;
                }
                let end = self.after(&head)?;
                at = if head.sequence { head.value } else { end };
            } else if head.sequence {
                at = head.value;
            } else {
                at = self.frames(head.value)?;
            }
        }
        Some(())
    }
}

/// Whether no element of the data set that begins at `start` reaches beyond the file.
pub fn fit(data: &[u8], start: usize, syntax: &str) -> bool {
    let form = |big, typed| Form { data, big, typed };
    form(syntax == BIG_ENDIAN, syntax != IMPLICIT).walk(start).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::volume::dicom_pixels::EXPLICIT;

    fn element(tag: (u16, u16), kind: &[u8; 2], wide: bool, length: u32, value: &[u8]) -> Vec<u8> {
        let mut data = [tag.0.to_le_bytes(), tag.1.to_le_bytes()].concat();
        if kind != b"  " {
            data.extend(kind);
        }
        match (kind, wide) {
            (b"  ", _) => data.extend(length.to_le_bytes()),
            (_, true) => data.extend([&[0, 0][..], &length.to_le_bytes()].concat()),
            _ => data.extend((length as u16).to_le_bytes()),
        }
        data.extend(value);
        data
    }

    #[test]
    fn lengths_are_looked_at_in_sequences_too() {
        let inner = element((0x28, 0x30), b"DS", false, 4, b"1\\1 ");
        let item = |length: u32, inner: &[u8]| element((ITEMS, ITEM), b"  ", false, length, inner);
        let end = |tag: u16| element((ITEMS, tag), b"  ", false, 0, &[]);
        for open in [false, true] {
            let body = if open {
                [item(OPEN, &inner), end(0xE00D), end(END_OF_SEQUENCE)].concat()
            } else {
                item(inner.len() as u32, &inner)
            };
            let length = if open { OPEN } else { body.len() as u32 };
            let whole = [
                element((0x28, 0x10), b"US", false, 2, &[1, 0]),
                element((0x5200, 0x9229), b"SQ", true, length, &body),
                element((0x7FE0, 0x0010), b"OW", true, 4, &[1, 2, 3, 4]),
            ]
            .concat();
            assert!(fit(&whole, 0, EXPLICIT));
            for at in 0..whole.len() {
                // Any byte of a length blown up, that of the element inside included.
                let mut broken = whole.clone();
                broken[at] = 0xF0;
                let in_length = [6, 7, 18, 19, 20, 21].contains(&at) && !open;
                assert!(!in_length || !fit(&broken, 0, EXPLICIT), "{at}");
            }
            let at = whole.windows(2).position(|w| w == b"DS").unwrap() + 2;
            let mut broken = whole.clone();
            broken[at + 1] = 0x7f;
            assert!(!fit(&broken, 0, EXPLICIT));
        }
    }

    #[test]
    fn what_a_writer_did_not_know_names_no_types() {
        let bare = |tag, length: u32, value: &[u8]| element(tag, b"  ", false, length, value);
        let end = |tag: u16| bare((ITEMS, tag), 0, &[]);
        let inner = |length: u32| bare((0x9, 0x1001), length, &[1, 2, 3, 4, 5, 6]);
        let item = |body: Vec<u8>| [bare((ITEMS, ITEM), OPEN, &[]), body, end(0xE00D)].concat();
        let file = |length: u32| {
            let nested = [bare((0x9, 0x1002), OPEN, &[]), item(inner(length)), end(END_OF_SEQUENCE)].concat();
            let body = [item([inner(6), nested].concat()), end(END_OF_SEQUENCE)].concat();
            let after = element((0x28, 0x10), b"US", false, 2, &[1, 0]);
            [element((0x9, 0x1000), b"UN", true, OPEN, &body), after].concat()
        };
        assert!(fit(&file(6), 0, EXPLICIT));
        assert!(!fit(&file(0x7fff_ffff), 0, EXPLICIT));
    }

    #[test]
    fn numbers_are_whole() {
        // The last half of the second number would be read as the tag of an element of gigabytes.
        let after = [2, 0, 0x10, 0, 0xff, 0xff, 0xff, 0x7f];
        for (syntax, kind) in [(IMPLICIT, b"  "), (EXPLICIT, b"UL")] {
            let file = |length: u32, value: &[u8]| element((0, 0), kind, false, length, value);
            assert!(fit(&file(4, &after[..4]), 0, syntax));
            assert!(!fit(&file(6, &after[..6]), 0, syntax), "{syntax}");
        }
        assert!(fit(&element((0x28, 0x10), b"US", false, 6, &after[..6]), 0, EXPLICIT));
        assert!(!fit(&element((0x28, 0x10), b"US", false, 5, &after[..5]), 0, EXPLICIT));
    }

    #[test]
    fn packed_frames_are_walked_over() {
        let frame = |length: u32| element((ITEMS, ITEM), b"  ", false, length, &[9, 9, 9, 9]);
        let end = element((ITEMS, END_OF_SEQUENCE), b"  ", false, 0, &[]);
        let pixels = |body: &[u8]| element((0x7FE0, 0x0010), b"OB", true, OPEN, body);
        assert!(fit(&pixels(&[frame(4), frame(4), end.clone()].concat()), 0, EXPLICIT));
        assert!(!fit(&pixels(&[frame(4), frame(0xFFFF), end].concat()), 0, EXPLICIT));
        assert!(!fit(&pixels(&frame(4)), 0, EXPLICIT));
        assert!(fit(&element((0x7FE0, 0x0010), b"  ", false, 4, &[0xFE, 0xFF, 0, 0xE0]), 0, IMPLICIT));
        assert!(!fit(&element((0x7FE0, 0x0010), b"  ", false, 5, &[0xFE, 0xFF, 0, 0xE0]), 0, IMPLICIT));
    }
}
