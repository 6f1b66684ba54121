//! Drawings as pictures: the SVG of [`svg`](super::svg) painted at twice its size, as PNG.
//!
//! It paints what our own drawings are made of, and nothing more: groups that are shifted, lines, polylines, polygons,
//! rectangles, text and embedded pictures. The font (Ubuntu Light) is in the program, so that the picture is the same
//! everywhere. What it does not know is left out.

use std::collections::BTreeMap;

use base64::Engine as _;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use tiny_skia::{
    Color, FillRule, FilterQuality, Paint, Path, PathBuilder, Pixmap, PixmapPaint, Rect, Stroke, StrokeDash, Transform,
};
use ttf_parser::{Face, GlyphId, OutlineBuilder};

/// Pixels for a unit of the drawing.
const SCALE: f32 = 2.0;

/// Sides of a picture in pixels at most.
const MOST: f32 = 16_384.0;

/// Size of text, and of titles.
const TEXT: f32 = 12.0;
const TITLE: f32 = 14.0;

/// Attributes of an element.
type Attributes = BTreeMap<String, String>;

/// Text: where it begins, in what size, and how it is anchored.
struct Words {
    text: String,
    at: (f32, f32),
    size: f32,
    anchor: String,
}

/// The drawing as PNG; `None` where it is none of ours, or too large for a picture.
#[must_use]
pub fn render(svg: &str) -> Option<Vec<u8>> {
    let mut reader = Reader::from_str(svg);
    let mut painter: Option<Painter<'_>> = None;
    let mut shifts = vec![(0.0f32, 0.0f32)];
    let mut words: Option<Words> = None;
    loop {
        match reader.read_event().ok()? {
            Event::Eof => break,
            Event::Start(tag) => {
                let (name, attributes) = read(&tag);
                if painter.is_none() {
                    painter = Some(Painter::new(number(&attributes, "width")?, number(&attributes, "height")?)?);
                }
                match name.as_str() {
                    "g" => shifts.push(add(*shifts.last()?, shift(&attributes))),
                    "text" => words = Some(words_of(&attributes)),
                    _ => painter.as_mut()?.element(&name, &attributes, *shifts.last()?),
                }
            }
            Event::Empty(tag) => {
                let (name, attributes) = read(&tag);
                painter.as_mut()?.element(&name, &attributes, *shifts.last()?);
            }
            Event::End(tag) => match tag.name().as_ref() {
                b"g" => drop(shifts.pop()),
                b"text" => {
                    if let (Some(words), Some(painter)) = (words.take(), painter.as_mut()) {
                        painter.text(&words, *shifts.last()?);
                    }
                }
                _ => {}
            },
            Event::Text(text) => {
                if let Some(words) = &mut words {
                    words.text.push_str(&text.decode().ok()?);
                }
            }
            Event::GeneralRef(entity) => {
                if let Some(words) = &mut words {
                    words.text.push(match entity.decode().ok()?.as_ref() {
                        "lt" => '<',
                        "gt" => '>',
                        "quot" => '"',
                        _ => '&',
                    });
                }
            }
            _ => {}
        }
    }
    painter?.encoded()
}

/// Name and attributes of an element.
fn read(tag: &BytesStart<'_>) -> (String, Attributes) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let attributes = tag.attributes().flatten().map(|a| (text(a.key.as_ref()), text(&a.value))).collect();
    (text(tag.name().as_ref()), attributes)
}

fn number(attributes: &Attributes, name: &str) -> Option<f32> {
    attributes.get(name)?.parse().ok().filter(|v: &f32| v.is_finite())
}

fn add(a: (f32, f32), b: (f32, f32)) -> (f32, f32) {
    (a.0 + b.0, a.1 + b.1)
}

/// By how much a group is shifted.
fn shift(attributes: &Attributes) -> (f32, f32) {
    let inner = |text: &str| text.strip_prefix("translate(")?.strip_suffix(')').map(str::to_owned);
    let parts = attributes.get("transform").and_then(|t| inner(t)).unwrap_or_default();
    let mut numbers = parts.split([' ', ',']).filter_map(|p| p.parse().ok());
    (numbers.next().unwrap_or(0.0), numbers.next().unwrap_or(0.0))
}

fn words_of(attributes: &Attributes) -> Words {
    let value = |name: &str| number(attributes, name).unwrap_or(0.0);
    let title = attributes.get("class").is_some_and(|c| c == "title");
    Words {
        text: String::new(),
        at: (value("x"), value("y")),
        size: if title { TITLE } else { TEXT },
        anchor: attributes.get("text-anchor").cloned().unwrap_or_default(),
    }
}

/// A colour as `#rgb` or `#rrggbb`; `None` for none.
fn colour(text: &str, opacity: f32) -> Option<Color> {
    let digits = text.strip_prefix('#')?;
    let wide: String =
        if digits.len() == 3 { digits.chars().flat_map(|c| [c, c]).collect() } else { digits.to_owned() };
    let value = u32::from_str_radix(&wide, 16).ok().filter(|_| wide.len() == 6)?;
    let part = |by: u32| (value >> by & 255) as f32 / 255.0;
    Color::from_rgba(part(16), part(8), part(0), opacity.clamp(0.0, 1.0))
}

fn paint(colour: Color) -> Paint<'static> {
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color(colour);
    paint
}

/// A path through the points of an attribute.
fn through(points: &str, closed: bool) -> Option<Path> {
    let mut path = PathBuilder::new();
    for (k, point) in points.split_whitespace().enumerate() {
        let (x, y) = point.split_once(',')?;
        let (x, y) = (x.parse().ok()?, y.parse().ok()?);
        if k == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
    }
    if closed {
        path.close();
    }
    path.finish()
}

/// A glyph's outline as a path, its y upward.
struct Outline(PathBuilder);

impl OutlineBuilder for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        self.0.move_to(x, y);
    }
    fn line_to(&mut self, x: f32, y: f32) {
        self.0.line_to(x, y);
    }
    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.0.quad_to(x1, y1, x, y);
    }
    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.0.cubic_to(x1, y1, x2, y2, x, y);
    }
    fn close(&mut self) {
        self.0.close();
    }
}

/// What paints.
struct Painter<'a> {
    map: Pixmap,
    face: Face<'a>,
}

impl Painter<'_> {
    fn new(width: f32, height: f32) -> Option<Self> {
        let pixels = |size: f32| {
            let size = (size * SCALE).ceil();
            (1.0..=MOST).contains(&size).then_some(size as u32)
        };
        let map = Pixmap::new(pixels(width)?, pixels(height)?)?;
        Some(Self { map, face: Face::parse(epaint_default_fonts::UBUNTU_LIGHT, 0).ok()? })
    }

    fn at((x, y): (f32, f32)) -> Transform {
        Transform::from_scale(SCALE, SCALE).pre_translate(x, y)
    }

    /// Paints an element without text.
    fn element(&mut self, name: &str, attributes: &Attributes, shift: (f32, f32)) {
        let value = |name: &str| number(attributes, name).unwrap_or(0.0);
        let path = match name {
            "line" => {
                let mut path = PathBuilder::new();
                path.move_to(value("x1"), value("y1"));
                path.line_to(value("x2"), value("y2"));
                path.finish()
            }
            "polyline" => attributes.get("points").and_then(|p| through(p, false)),
            "polygon" => attributes.get("points").and_then(|p| through(p, true)),
            "rect" => {
                Rect::from_xywh(value("x"), value("y"), value("width"), value("height")).map(PathBuilder::from_rect)
            }
            "image" => {
                self.image(attributes, shift);
                None
            }
            _ => None,
        };
        let Some(path) = path else { return };
        let of = |name: &str| attributes.get(name).map(String::as_str);
        let opacity = number(attributes, "fill-opacity").unwrap_or(1.0);
        if let Some(fill) = of("fill").and_then(|c| colour(c, opacity)) {
            self.map.fill_path(&path, &paint(fill), FillRule::Winding, Self::at(shift), None);
        }
        // The classes of our drawings.
        let (stroke, dash) = match of("class") {
            Some("grid") => (Some("#ddd"), None),
            Some("limit") => (Some("#a00"), Some("3 3")),
            _ => (of("stroke"), of("stroke-dasharray")),
        };
        if let Some(colour) = stroke.and_then(|c| colour(c, 1.0)) {
            let dashes: Vec<f32> = dash.unwrap_or("").split_whitespace().filter_map(|d| d.parse().ok()).collect();
            let width = number(attributes, "stroke-width").unwrap_or(1.0);
            let stroke = Stroke { width, dash: StrokeDash::new(dashes, 0.0), ..Stroke::default() };
            self.map.stroke_path(&path, &paint(colour), &stroke, Self::at(shift), None);
        }
    }

    /// Paints an embedded PNG.
    fn image(&mut self, attributes: &Attributes, shift: (f32, f32)) {
        let value = |name: &str| number(attributes, name).unwrap_or(0.0);
        let data = attributes.get("xlink:href").and_then(|h| h.strip_prefix("data:image/png;base64,"));
        let bytes = data.and_then(|d| base64::engine::general_purpose::STANDARD.decode(d).ok());
        let Some(image) = bytes.and_then(|b| decoded(&b)) else { return };
        let (across, up) = (value("width") / image.width() as f32, value("height") / image.height() as f32);
        // As large as it goes without being pulled, in the middle.
        let scale = across.min(up);
        let free = |size: &str, pixels: u32| (value(size) - scale * pixels as f32) / 2.0;
        let at = (value("x") + free("width", image.width()), value("y") + free("height", image.height()));
        let place = Self::at(add(shift, at)).pre_scale(scale, scale);
        let how = PixmapPaint { quality: FilterQuality::Bilinear, ..PixmapPaint::default() };
        self.map.draw_pixmap(0, 0, image.as_ref(), &how, place, None);
    }

    /// Paints words.
    fn text(&mut self, words: &Words, shift: (f32, f32)) {
        let scale = words.size / f32::from(self.face.units_per_em());
        let glyphs: Vec<GlyphId> = words.text.chars().filter_map(|c| self.face.glyph_index(c)).collect();
        let wide = |glyph: &GlyphId| scale * f32::from(self.face.glyph_hor_advance(*glyph).unwrap_or(0));
        let all: f32 = glyphs.iter().map(wide).sum();
        let mut x = match words.anchor.as_str() {
            "middle" => words.at.0 - all / 2.0,
            "end" => words.at.0 - all,
            _ => words.at.0,
        };
        let Some(ink) = colour("#333", 1.0) else { return };
        for glyph in glyphs {
            let mut outline = Outline(PathBuilder::new());
            if self.face.outline_glyph(glyph, &mut outline).is_some()
                && let Some(path) = outline.0.finish()
            {
                let place = Self::at(add(shift, (x, words.at.1))).pre_scale(scale, -scale);
                self.map.fill_path(&path, &paint(ink), FillRule::Winding, place, None);
            }
            x += scale * f32::from(self.face.glyph_hor_advance(glyph).unwrap_or(0));
        }
    }

    fn encoded(self) -> Option<Vec<u8>> {
        let pixels: Vec<u8> = self
            .map
            .pixels()
            .iter()
            .map(tiny_skia::PremultipliedColorU8::demultiply)
            .flat_map(|c| [c.red(), c.green(), c.blue(), c.alpha()])
            .collect();
        let mut data = Vec::new();
        let mut encoder = png::Encoder::new(&mut data, self.map.width(), self.map.height());
        encoder.set_color(png::ColorType::Rgba);
        encoder.write_header().and_then(|mut writer| writer.write_image_data(&pixels)).ok()?;
        Some(data)
    }
}

/// A PNG of eight bits a channel with transparency, as [`fate`](super::html::fate) makes them.
fn decoded(bytes: &[u8]) -> Option<Pixmap> {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().ok()?;
    let mut pixels = vec![0; reader.output_buffer_size()?];
    let info = reader.next_frame(&mut pixels).ok()?;
    if (info.color_type, info.bit_depth) != (png::ColorType::Rgba, png::BitDepth::Eight) {
        return None;
    }
    let mut map = Pixmap::new(info.width, info.height)?;
    for (to, from) in map.pixels_mut().iter_mut().zip(pixels.chunks_exact(4)) {
        *to = tiny_skia::ColorU8::from_rgba(from[0], from[1], from[2], from[3]).premultiply();
    }
    Some(map)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pixels of a drawing of 40 × 20, red green blue of one at a place of the drawing.
    fn drawn(body: &str) -> impl Fn(f32, f32) -> [u8; 3] + use<> {
        let svg =
            format!("<svg width=\"40\" height=\"20\"><rect width=\"40\" height=\"20\" fill=\"#fff\"/>{body}</svg>");
        let map = decoded(&render(&svg).unwrap()).unwrap();
        assert_eq!((map.width(), map.height()), (80, 40));
        move |x, y| {
            let p = map.pixel((x * SCALE) as u32, (y * SCALE) as u32).unwrap().demultiply();
            [p.red(), p.green(), p.blue()]
        }
    }

    const WHITE: [u8; 3] = [255; 3];

    #[test]
    fn shapes_are_painted_where_they_stand() {
        let at = drawn(
            "<g transform=\"translate(10 5)\"><rect x=\"1\" y=\"1\" width=\"4\" height=\"4\" fill=\"#08f\"/>\
             <polygon points=\"20,0 28,0 28,10\" fill=\"#ff0000\" fill-opacity=\"0.5\"/></g>\
             <line x1=\"0\" y1=\"15\" x2=\"40\" y2=\"15\" stroke=\"#00ff00\" stroke-width=\"2\"/>",
        );
        assert_eq!((at(13.0, 8.0), at(9.0, 8.0), at(17.0, 8.0)), ([0, 0x88, 255], WHITE, WHITE));
        assert_eq!((at(37.0, 6.0), at(31.0, 12.0)), ([255, 127, 127], WHITE));
        assert_eq!((at(5.0, 15.0), at(5.0, 12.0)), ([0, 255, 0], WHITE));
    }

    #[test]
    fn words_have_ink_and_their_anchor() {
        let dark = |anchor: &str| {
            let at = drawn(&format!("<text x=\"20\" y=\"14\" text-anchor=\"{anchor}\">Hi &amp;</text>"));
            let ink = |from: u32, to: u32| {
                (2 * from..2 * to)
                    .flat_map(|x| (0..40).map(move |y| (x, y)))
                    .filter(|(x, y)| at(*x as f32 / SCALE, *y as f32 / SCALE)[0] < 128)
                    .count()
            };
            (ink(0, 20), ink(20, 40))
        };
        let (start, middle, end) = (dark("start"), dark("middle"), dark("end"));
        assert!(start.0 == 0 && start.1 > 20, "{start:?}");
        assert!(end.1 == 0 && end.0 > 20 && middle.0 > 5 && middle.1 > 5, "{end:?} {middle:?}");
    }

    #[test]
    fn what_is_no_drawing_gives_no_picture() {
        assert!(render("").is_none() && render("<svg>").is_none());
        assert!(render("<svg width=\"1e9\" height=\"10\"></svg>").is_none());
    }
}
