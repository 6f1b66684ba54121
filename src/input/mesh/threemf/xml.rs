//! XML of a 3MF part: elements with their namespaces, one after the other, and the rules that the format lays on all of
//! them: UTF-8 or UTF-16, no document type, no undeclared prefix, nothing of the `xsi` namespace, one root.

use std::borrow::Cow;

use quick_xml::XmlVersion;
use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::reader::NsReader;

use crate::input::{InputError, InputErrorKind};

/// The namespaces that mean something here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Space {
    /// No namespace: the attributes of the format itself.
    None,
    Core,
    Materials,
    Production,
    BeamLattice,
    Balls,
    Slices,
    /// Relationships of a package.
    Relations,
    /// `xml:`.
    Xml,
    /// Any other.
    Foreign,
}

const SPACES: [(&str, Space); 11] = [
    ("http://schemas.microsoft.com/3dmanufacturing/core/2015/02", Space::Core),
    ("http://schemas.microsoft.com/3dmanufacturing/material/2015/02", Space::Materials),
    ("http://schemas.microsoft.com/3dmanufacturing/production/2015/06", Space::Production),
    ("http://schemas.3mf.io/3dmanufacturing/production/alternatives/2021/04", Space::Foreign),
    ("http://schemas.microsoft.com/3dmanufacturing/beamlattice/2017/02", Space::BeamLattice),
    ("http://schemas.microsoft.com/3dmanufacturing/beamlattice/balls/2020/07", Space::Balls),
    ("http://schemas.microsoft.com/3dmanufacturing/slice/2015/07", Space::Slices),
    ("http://schemas.openxmlformats.org/package/2006/relationships", Space::Relations),
    ("http://www.w3.org/XML/1998/namespace", Space::Xml),
    ("http://www.w3.org/2001/XMLSchema-instance", Space::Foreign),
    ("http://schemas.openxmlformats.org/markup-compatibility/2006", Space::Foreign),
];

impl Space {
    fn of(name: &[u8]) -> Self {
        SPACES.iter().find(|(uri, _)| uri.as_bytes() == name).map_or(Self::Foreign, |s| s.1)
    }
}

const XSI: &[u8] = b"http://www.w3.org/2001/XMLSchema-instance";

/// An element as it begins.
pub struct Element<'a> {
    /// The namespace of its name.
    pub space: Space,
    start: BytesStart<'a>,
    /// Attributes of a namespace: it, the name, the value.
    spaced: Vec<(Space, String, String)>,
    byte: u64,
}

impl Element<'_> {
    /// The name without prefix.
    pub fn name(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.start.local_name().into_inner())
    }

    /// Whether it is this element of this namespace.
    pub fn is(&self, space: Space, name: &str) -> bool {
        self.space == space && self.start.local_name().into_inner() == name.as_bytes()
    }

    /// An attribute without namespace.
    pub fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        let raw = written(self.start.attributes_raw(), name.as_bytes())?;
        // What holds no reference and no blank but spaces stands for itself.
        if !raw.iter().any(|b| matches!(b, b'&' | b'\t' | b'\n' | b'\r')) {
            return std::str::from_utf8(raw).ok().map(Cow::Borrowed);
        }
        let attribute = self.start.try_get_attribute(name).ok().flatten()?;
        value(&attribute).ok()
    }

    /// An attribute of a namespace.
    pub fn spaced(&self, space: Space, name: &str) -> Option<&str> {
        self.spaced.iter().find(|(s, n, _)| *s == space && n == name).map(|s| s.2.as_str())
    }

    /// Whether it has an attribute of a namespace that means nothing here.
    pub fn foreign(&self) -> Option<&str> {
        self.spaced.iter().find(|s| s.0 == Space::Foreign).map(|s| s.1.as_str())
    }

    /// An attribute that must be there.
    pub fn need(&self, name: &str) -> Result<Cow<'_, str>, InputError> {
        self.get(name).ok_or_else(|| self.wrong(format!("`{}` lacks its `{name}`", self.name())))
    }

    /// A whole number that must be there.
    pub fn index(&self, name: &str) -> Result<u32, InputError> {
        let text = self.need(name)?;
        text.trim()
            .parse()
            .ok()
            .filter(|n| *n < 1 << 31)
            .ok_or_else(|| self.wrong(format!("`{}` has the {name} `{text}`, which is no whole number", self.name())))
    }

    /// A number, if it is there.
    pub fn number(&self, name: &str) -> Result<Option<f64>, InputError> {
        let Some(text) = self.get(name).or_else(|| self.spaced(Space::Balls, name).map(Cow::Borrowed)) else {
            return Ok(None);
        };
        let text = text.trim();
        let value = text.parse::<f64>().ok().filter(|_| {
            // `inf` and `nan` are numbers elsewhere, not here.
            text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b))
        });
        match value {
            Some(value) if value.is_finite() => Ok(Some(value)),
            _ => {
                let remedy = if text.contains(',') {
                    "numbers need a decimal point: export with an English number format"
                } else {
                    "export the design again"
                };
                let what = format!("`{}` has the {name} `{text}`, which is no number", self.name());
                Err(self.wrong(what).remedy(remedy))
            }
        }
    }

    /// A number that must be there.
    pub fn coordinate(&self, name: &str) -> Result<f64, InputError> {
        self.number(name)?.ok_or_else(|| self.wrong(format!("`{}` lacks its `{name}`", self.name())))
    }

    /// What breaks the format at this element.
    pub fn wrong(&self, what: String) -> InputError {
        broken(what, self.byte)
    }
}

/// What stands between the quotes of an attribute, in the text of attributes that are known to be whole.
fn written<'t>(mut text: &'t [u8], name: &[u8]) -> Option<&'t [u8]> {
    loop {
        let equals = text.iter().position(|b| *b == b'=')?;
        let key = text[..equals].trim_ascii();
        let after = text[equals + 1..].trim_ascii_start();
        let (quote, after) = after.split_first()?;
        let end = after.iter().position(|b| b == quote)?;
        if key == name {
            return Some(&after[..end]);
        }
        text = &after[end + 1..];
    }
}

fn value<'a>(attribute: &Attribute<'a>) -> Result<Cow<'a, str>, quick_xml::Error> {
    attribute.normalized_value(XmlVersion::Implicit1_0)
}

fn broken(what: String, byte: u64) -> InputError {
    InputError::new(InputErrorKind::Malformed, what).at(format!("byte {byte}")).remedy("export the design again")
}

/// How deep elements may be nested.
const DEEPEST: usize = 256;

/// The XML of a part, read from front to back.
pub struct Xml<'a> {
    reader: NsReader<&'a [u8]>,
    depth: usize,
    rooted: bool,
}

/// The text of a part, in UTF-8 whatever it was written in.
pub fn text(data: &[u8]) -> Result<Cow<'_, str>, InputError> {
    let wide = |bytes: &[u8], read: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|b| read([b[0], b[1]])).collect();
        String::from_utf16(&units).ok().filter(|_| bytes.len().is_multiple_of(2)).map(Cow::Owned)
    };
    let text = match data {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => std::str::from_utf8(rest).ok().map(Cow::Borrowed),
        _ => std::str::from_utf8(data).ok().map(Cow::Borrowed),
    };
    // Of text there are no zeros: they are those of UTF-32.
    text.filter(|t| !t.contains('\0')).ok_or_else(|| {
        InputError::new(InputErrorKind::Malformed, "has a part that is neither UTF-8 nor UTF-16".to_owned())
            .remedy("export the design again")
    })
}

impl<'a> Xml<'a> {
    /// Reads this text.
    pub fn new(text: &'a str) -> Self {
        let mut reader = NsReader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        Self { reader, depth: 0, rooted: false }
    }

    fn wrong(&self, what: String) -> InputError {
        broken(what, self.reader.buffer_position())
    }

    /// The next element inside the current one; `None` where that ends.
    pub fn next(&mut self) -> Result<Option<Element<'a>>, InputError> {
        loop {
            let at = self.reader.buffer_position();
            let event = self.reader.read_event().map_err(|e| broken(format!("is no whole XML: {e}"), at))?;
            match event {
                Event::Start(start) => {
                    if self.depth == 0 && std::mem::replace(&mut self.rooted, true) {
                        return Err(self.wrong("has more than one root element in a part".to_owned()));
                    }
                    self.depth += 1;
                    if self.depth > DEEPEST {
                        return Err(self.wrong(format!("has elements nested more than {DEEPEST} deep")));
                    }
                    return self.element(start, at).map(Some);
                }
                Event::End(_) => {
                    self.depth -= 1;
                    return Ok(None);
                }
                Event::Eof if self.depth == 0 => return Ok(None),
                Event::Eof => {
                    return Err(InputError::new(InputErrorKind::Truncated, "ends within its XML".to_owned())
                        .at(format!("byte {at}"))
                        .remedy("copy or export the file again"));
                }
                Event::DocType(_) => {
                    return Err(self.wrong("has a document type definition, which the format forbids".to_owned()));
                }
                Event::Text(t) if self.depth == 0 && !t.iter().all(u8::is_ascii_whitespace) => {
                    return Err(self.wrong("has text outside its root element".to_owned()));
                }
                _ => {}
            }
        }
    }

    fn element(&self, start: BytesStart<'a>, at: u64) -> Result<Element<'a>, InputError> {
        let wrong = |what: String| broken(what, at);
        let resolver = self.reader.resolver();
        let space = |found: ResolveResult, name: &[u8], bare: Space| match found {
            ResolveResult::Bound(Namespace(XSI)) => {
                Err(wrong("uses the xsi namespace, which the format forbids".to_owned()))
            }
            ResolveResult::Bound(Namespace(uri)) => Ok(Space::of(uri)),
            ResolveResult::Unbound => Ok(bare),
            ResolveResult::Unknown(_) => {
                Err(wrong(format!("uses the undeclared prefix of `{}`", String::from_utf8_lossy(name))))
            }
        };
        let own = space(resolver.resolve_element(start.name()).0, start.name().into_inner(), Space::Foreign)?;
        let mut spaced = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|e| wrong(format!("has a broken attribute: {e}")))?;
            let key = attribute.key;
            if key.as_namespace_binding().is_some() || key.prefix().is_none() {
                continue;
            }
            let (found, name) = resolver.resolve_attribute(key);
            let space = space(found, key.into_inner(), Space::None)?;
            let name = String::from_utf8_lossy(name.into_inner()).into_owned();
            if space == Space::Xml && name != "lang" {
                return Err(wrong(format!("has the attribute `xml:{name}`, which the format forbids")));
            }
            let value = value(&attribute).map_err(|e| wrong(format!("has a broken attribute: {e}")))?;
            spaced.push((space, name, value.into_owned()));
        }
        Ok(Element { space: own, start, spaced, byte: at })
    }

    /// Calls `each` on every element inside the current one; what it does not read is passed over.
    pub fn children(
        &mut self,
        mut each: impl FnMut(&mut Self, Element<'a>) -> Result<(), InputError>,
    ) -> Result<(), InputError> {
        let depth = self.depth;
        while let Some(element) = self.next()? {
            each(self, element)?;
            while self.depth > depth {
                self.next()?;
            }
        }
        Ok(())
    }

    /// The namespace that a prefix stands for here, and its name.
    pub fn prefix(&self, prefix: &str) -> Option<(Space, String)> {
        let found = self.reader.resolver().bindings().find(|(p, _)| match p {
            quick_xml::name::PrefixDeclaration::Named(name) => *name == prefix.as_bytes(),
            quick_xml::name::PrefixDeclaration::Default => prefix.is_empty(),
        })?;
        let uri = found.1.into_inner();
        Some((Space::of(uri), String::from_utf8_lossy(uri).into_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_found_as_the_parser_finds_them() {
        let text = "<e xx='1' x = \"a=&quot;b' \"\n y='' z='1 2' w='1\t2'><f/></e>";
        let mut xml = Xml::new(text);
        let e = xml.next().unwrap().unwrap();
        for name in ["x", "xx", "y", "z", "w", "e", "1"] {
            let parsed = e.start.try_get_attribute(name).unwrap().map(|a| value(&a).unwrap().into_owned());
            assert_eq!(e.get(name).map(Cow::into_owned), parsed, "{name}");
        }
        assert_eq!((e.get("x").as_deref(), e.get("w").as_deref()), (Some("a=\"b' "), Some("1 2")));
    }
}
