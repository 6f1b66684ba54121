//! The model of a 3MF part: objects with meshes, beams or components, and what is to be built of them.

use std::collections::{BTreeMap, BTreeSet};

use super::beams::{Ball, Beam, Cap, Lattice};
use super::materials::Materials;
use super::xml::{Element, Space, Xml};
use crate::input::{InputError, InputErrorKind};
use crate::mesh::V3;
use crate::units::LengthUnit;

/// A part.
#[derive(Debug)]
pub struct Model {
    /// The unit of its numbers.
    pub unit: LengthUnit,
    /// How many of that unit one of its numbers is: 12 for feet, which are read as inches.
    pub scale: f64,
    /// Its objects by their ids.
    pub objects: BTreeMap<u32, Object>,
    /// What is to be built.
    pub build: Vec<Item>,
}

/// What an object is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Model,
    SolidSupport,
    Support,
    Surface,
    Other,
}

impl Kind {
    /// The word of the format.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::SolidSupport => "solidsupport",
            Self::Support => "support",
            Self::Surface => "surface",
            Self::Other => "other",
        }
    }
}

/// An object.
#[derive(Debug)]
pub struct Object {
    pub kind: Kind,
    pub shape: Shape,
    /// Whether its geometry is a stack of slices, and its mesh perhaps a stand-in.
    pub sliced: bool,
}

/// What an object is made of.
#[derive(Debug)]
pub enum Shape {
    Mesh {
        vertices: Vec<V3>,
        triangles: Vec<[u32; 3]>,
        lattice: Option<Lattice>,
    },
    Components(Vec<Item>),
    /// Something of an extension that is not read.
    Unknown(String),
}

/// An object put somewhere.
#[derive(Debug)]
pub struct Item {
    pub object: u32,
    /// The part that holds the object, where it is another one.
    pub path: Option<String>,
    pub transform: Transform,
}

/// Rows of the matrix that a row of coordinates is multiplied by; the fourth is the shift.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transform(pub [V3; 4]);

impl Transform {
    /// Nothing moved.
    pub fn identity() -> Self {
        Self([V3::x(), V3::y(), V3::z(), V3::zeros()])
    }

    /// Where a point goes.
    pub fn apply(&self, p: &V3) -> V3 {
        let [a, b, c, d] = &self.0;
        a * p.x + b * p.y + c * p.z + d
    }

    /// This one, then `outer`.
    pub fn then(&self, outer: &Self) -> Self {
        let [a, b, c, d] = &self.0;
        let shift = outer.0[3];
        Self([outer.apply(a) - shift, outer.apply(b) - shift, outer.apply(c) - shift, outer.apply(d)])
    }

    /// By how much volumes grow; negative where it mirrors.
    pub fn determinant(&self) -> f64 {
        self.0[0].dot(&self.0[1].cross(&self.0[2]))
    }
}

/// Namespaces of extensions that can be required of a reader and are read here, or change no geometry.
const KNOWN: [Space; 6] =
    [Space::Core, Space::Materials, Space::Production, Space::BeamLattice, Space::Balls, Space::Slices];

/// Reads the text of a part.
pub fn read(text: &str) -> Result<Model, InputError> {
    let mut xml = Xml::new(text);
    let mut model = Model { unit: LengthUnit::Millimetre, scale: 1.0, objects: BTreeMap::new(), build: Vec::new() };
    let root = xml.next()?;
    let root = root.filter(|e| e.is(Space::Core, "model")).ok_or_else(|| {
        InputError::new(InputErrorKind::Malformed, "has a model part that does not begin with `model`".to_owned())
            .at("byte 0")
    })?;
    (model.unit, model.scale) = unit(&root)?;
    required(&root, &xml)?;
    let ignorable: Vec<String> =
        root.spaced(Space::Foreign, "Ignorable").unwrap_or("").split_whitespace().map(str::to_owned).collect();
    let mut names = BTreeSet::new();
    let mut seen = [false; 2];
    xml.children(|xml, element| {
        if element.is(Space::Core, "metadata") {
            let name = element.need("name")?.into_owned();
            if !names.insert(name.clone()) {
                return Err(element.wrong(format!("has the metadata `{name}` twice")));
            }
        } else if element.is(Space::Core, "resources") {
            once(&mut seen[0], &element)?;
            return resources(xml, &mut model, !ignorable.is_empty());
        } else if element.is(Space::Core, "build") {
            once(&mut seen[1], &element)?;
            return xml.children(|_, element| {
                if element.is(Space::Core, "item") {
                    model.build.push(item(&element)?);
                }
                Ok(())
            });
        } else {
            stranger(&element, "model")?;
        }
        Ok(())
    })?;
    // Nothing may follow the root.
    xml.next()?;
    for (there, name) in seen.into_iter().zip(["resources", "build"]) {
        if !there {
            return Err(InputError::new(InputErrorKind::Malformed, format!("has a model without `{name}`"))
                .remedy("export the design again"));
        }
    }
    Ok(model)
}

fn once(seen: &mut bool, element: &Element) -> Result<(), InputError> {
    if std::mem::replace(seen, true) {
        return Err(element.wrong(format!("has `{}` twice", element.name())));
    }
    Ok(())
}

/// Refuses an element of the format itself where it does not belong; those of other namespaces may stand anywhere.
fn stranger(element: &Element, parent: &str) -> Result<(), InputError> {
    if element.space == Space::Core {
        return Err(element.wrong(format!("has `{}` in `{parent}`, where it does not belong", element.name())));
    }
    Ok(())
}

fn unit(root: &Element) -> Result<(LengthUnit, f64), InputError> {
    Ok(match root.get("unit").as_deref() {
        None | Some("millimeter") => (LengthUnit::Millimetre, 1.0),
        Some("micron") => (LengthUnit::Micrometre, 1.0),
        Some("centimeter") => (LengthUnit::Centimetre, 1.0),
        Some("inch") => (LengthUnit::Inch, 1.0),
        Some("foot") => (LengthUnit::Inch, 12.0),
        Some("meter") => (LengthUnit::Metre, 1.0),
        Some(other) => return Err(root.wrong(format!("has the unit `{other}`, which the format does not know"))),
    })
}

/// Refuses a model that asks for an extension which is not read.
fn required(root: &Element, xml: &Xml) -> Result<(), InputError> {
    for prefix in root.get("requiredextensions").as_deref().unwrap_or("").split_whitespace() {
        let (space, name) = xml.prefix(prefix).ok_or_else(|| {
            root.wrong(format!("requires the extension `{prefix}`, whose namespace it does not declare"))
        })?;
        if !KNOWN.contains(&space) {
            return Err(InputError::new(
                InputErrorKind::Unsupported,
                format!("requires the extension {name}, which is not read"),
            )
            .remedy("export the design as a plain mesh"));
        }
    }
    Ok(())
}

fn resources(xml: &mut Xml, model: &mut Model, tolerant: bool) -> Result<(), InputError> {
    let mut ids = BTreeSet::new();
    let mut materials = Materials::default();
    xml.children(|xml, element| {
        let known = matches!(element.space, Space::Core | Space::Materials | Space::Slices);
        let id = if known { Some(element.index("id")?) } else { None };
        if let Some(id) = id
            && !ids.insert(id)
        {
            return Err(element.wrong(format!("has two resources of the id {id}")));
        }
        if element.is(Space::Core, "object") {
            let number = element.index("id")?;
            let object = object(xml, &element, &model.objects, tolerant)?;
            model.objects.insert(number, object);
            return Ok(());
        }
        if element.is(Space::Core, "basematerials") || element.space == Space::Materials {
            return materials.resource(xml, &element);
        }
        stranger(&element, "resources")
    })
}

fn object(
    xml: &mut Xml,
    element: &Element,
    before: &BTreeMap<u32, Object>,
    tolerant: bool,
) -> Result<Object, InputError> {
    let kind = match element.get("type").as_deref() {
        None | Some("model") => Kind::Model,
        Some("solidsupport") => Kind::SolidSupport,
        Some("support") => Kind::Support,
        Some("surface") => Kind::Surface,
        Some("other") => Kind::Other,
        Some(other) => return Err(element.wrong(format!("has an object of the type `{other}`, which there is not"))),
    };
    if element.get("pindex").is_some() && element.get("pid").is_none() {
        return Err(element.wrong("has an object with `pindex` and without `pid`".to_owned()));
    }
    let sliced = element.spaced(Space::Slices, "slicestackid").is_some();
    let mut shape = None;
    xml.children(|xml, child| {
        let found = if child.is(Space::Core, "mesh") {
            mesh(xml, kind, before, tolerant)?
        } else if child.is(Space::Core, "components") {
            let mut items = Vec::new();
            xml.children(|_, child| {
                if !child.is(Space::Core, "component") {
                    return stranger(&child, "components");
                }
                let item = item(&child)?;
                if item.path.is_none() && !before.contains_key(&item.object) {
                    return Err(
                        child.wrong(format!("has a component of the object {}, which no earlier one is", item.object))
                    );
                }
                items.push(item);
                Ok(())
            })?;
            Shape::Components(items)
        } else if child.is(Space::Core, "metadatagroup") {
            return Ok(());
        } else {
            stranger(&child, "object")?;
            if shape.is_none() {
                shape = Some(Shape::Unknown(child.name().into_owned()));
            }
            return Ok(());
        };
        if matches!(shape, Some(Shape::Mesh { .. } | Shape::Components(_))) {
            return Err(child.wrong("has an object of two shapes".to_owned()));
        }
        shape = Some(found);
        Ok(())
    })?;
    let shape = shape.ok_or_else(|| element.wrong("has an object without a shape".to_owned()))?;
    Ok(Object { kind, shape, sliced })
}

/// An item of a build or a component.
fn item(element: &Element) -> Result<Item, InputError> {
    let transform = match element.get("transform") {
        None => Transform::identity(),
        Some(text) => {
            let wrong = || element.wrong(format!("has the transform `{text}`, which is not twelve numbers"));
            let numbers: Vec<f64> = text
                .split_whitespace()
                .map(|w| w.parse::<f64>().ok().filter(|n| n.is_finite()).ok_or_else(wrong))
                .collect::<Result<_, _>>()?;
            let rows: [f64; 12] = numbers[..].try_into().map_err(|_| wrong())?;
            let row = |k: usize| V3::new(rows[3 * k], rows[3 * k + 1], rows[3 * k + 2]);
            Transform([row(0), row(1), row(2), row(3)])
        }
    };
    let scale = transform.0[..3].iter().map(V3::norm).product::<f64>();
    if transform.determinant().abs() <= 1e-12 * scale || scale == 0.0 {
        return Err(element.wrong("has a transform that flattens what it moves".to_owned()));
    }
    let path = element.spaced(Space::Production, "path").map(str::to_owned);
    Ok(Item { object: element.index("objectid")?, path, transform })
}

fn mesh(xml: &mut Xml, kind: Kind, before: &BTreeMap<u32, Object>, tolerant: bool) -> Result<Shape, InputError> {
    let mut vertices = Vec::new();
    let mut triangles = Vec::new();
    let mut lattice = None;
    // The schema leaves no room for attributes of others here, unless they are declared to be ignored.
    let bare = |element: &Element| match element.foreign().filter(|_| !tolerant) {
        Some(name) => Err(element.wrong(format!("has `{name}` on `{}`, where it does not belong", element.name()))),
        None => Ok(()),
    };
    xml.children(|xml, child| {
        if child.is(Space::Core, "vertices") {
            bare(&child)?;
            xml.children(|_, v| {
                if v.is(Space::Core, "vertex") {
                    vertices.push(V3::new(v.coordinate("x")?, v.coordinate("y")?, v.coordinate("z")?));
                    return Ok(());
                }
                stranger(&v, "vertices")
            })
        } else if child.is(Space::Core, "triangles") {
            bare(&child)?;
            xml.children(|_, t| {
                if !t.is(Space::Core, "triangle") {
                    return stranger(&t, "triangles");
                }
                let corners = [t.index("v1")?, t.index("v2")?, t.index("v3")?];
                if let Some(n) = corners.iter().find(|n| **n as usize >= vertices.len()) {
                    return Err(t.wrong(format!("has a triangle with vertex {n}, of {} vertices", vertices.len())));
                }
                triangles.push(corners);
                Ok(())
            })
        } else if child.is(Space::BeamLattice, "beamlattice") {
            if !matches!(kind, Kind::Model | Kind::SolidSupport) {
                return Err(child.wrong(format!("has beams in an object of the type `{}`", kind.word())));
            }
            lattice = Some(beam_lattice(xml, &child, vertices.len(), before)?);
            Ok(())
        } else {
            stranger(&child, "mesh")
        }
    })?;
    if triangles.is_empty() && lattice.as_ref().is_none_or(|l| l.beams.is_empty() && l.balls.is_empty()) {
        return Err(InputError::new(InputErrorKind::Empty, "has a mesh without triangles".to_owned())
            .remedy("export a closed surface"));
    }
    Ok(Shape::Mesh { vertices, triangles, lattice })
}

fn beam_lattice(
    xml: &mut Xml,
    element: &Element,
    vertices: usize,
    before: &BTreeMap<u32, Object>,
) -> Result<Lattice, InputError> {
    let positive = |e: &Element, name: &str| match e.number(name)? {
        Some(r) if r <= 0.0 => Err(e.wrong(format!("has the {name} {r}, which is not positive"))),
        other => Ok(other),
    };
    let radius =
        positive(element, "radius")?.ok_or_else(|| element.wrong("`beamlattice` lacks its `radius`".to_owned()))?;
    let least = element.number("minlength")?.unwrap_or(0.0);
    let cap = |e: &Element, name: &str, default: Cap| match e.get(name).as_deref() {
        None => Ok(default),
        Some("sphere") => Ok(Cap::Sphere),
        Some("hemisphere") => Ok(Cap::Hemisphere),
        Some("butt") => Ok(Cap::Butt),
        Some(other) => Err(e.wrong(format!("has the cap `{other}`, which there is not"))),
    };
    let own_cap = cap(element, "cap", Cap::Sphere)?;
    for name in ["clippingmesh", "representationmesh"] {
        if element.get(name).is_some() && !before.contains_key(&element.index(name)?) {
            return Err(element.wrong(format!("has a {name} that no earlier object is")));
        }
    }
    let mode = element.get("clippingmode").or_else(|| element.get("clipping")).unwrap_or_default().into_owned();
    let clipped = !matches!(&*mode, "" | "none");
    let text = |name: &str| {
        element
            .get(name)
            .map(std::borrow::Cow::into_owned)
            .or_else(|| element.spaced(Space::Balls, name).map(str::to_owned))
    };
    let ball_mode = text("ballmode").unwrap_or_default();
    let ball_radius = positive(element, "ballradius")?;
    let mut beams = Vec::new();
    let mut balls: Vec<Ball> = Vec::new();
    let mut sets = BTreeSet::new();
    let vertex = |e: &Element, name: &str| {
        let n = e.index(name)?;
        if n as usize >= vertices {
            return Err(e.wrong(format!("has a beam or ball at vertex {n}, of {vertices} vertices")));
        }
        Ok(n)
    };
    xml.children(|xml, list| {
        let name = list.name().into_owned();
        if !matches!(list.space, Space::BeamLattice | Space::Balls) {
            return Ok(());
        }
        xml.children(|_, e| {
            match (&*name, &*e.name()) {
                ("beams", "beam") => {
                    let ends = [vertex(&e, "v1")?, vertex(&e, "v2")?];
                    if ends[0] == ends[1] {
                        return Err(e.wrong("has a beam from a vertex to itself".to_owned()));
                    }
                    let first = positive(&e, "r1")?.unwrap_or(radius);
                    let second = positive(&e, "r2")?.unwrap_or(first);
                    let caps = [cap(&e, "cap1", own_cap)?, cap(&e, "cap2", own_cap)?];
                    beams.push(Beam { ends, radii: [first, second], caps });
                }
                ("balls", "ball") => {
                    let r = positive(&e, "r")?.or(ball_radius);
                    let r = r.ok_or_else(|| e.wrong("has a ball without a radius".to_owned()))?;
                    balls.push(Ball { vertex: vertex(&e, "vindex")?, radius: r });
                }
                ("beamsets", "beamset") => {
                    if let Some(id) = e.get("identifier")
                        && !sets.insert(id.clone().into_owned())
                    {
                        return Err(e.wrong(format!("has two sets of beams called `{id}`")));
                    }
                }
                _ => {}
            }
            Ok(())
        })
    })?;
    match &*ball_mode {
        "" | "none" => balls.clear(),
        "mixed" => {}
        "all" => {
            let r = ball_radius
                .ok_or_else(|| element.wrong("has balls at all vertices without a `ballradius`".to_owned()))?;
            let listed: BTreeSet<u32> = balls.iter().map(|b| b.vertex).collect();
            let ends: BTreeSet<u32> = beams.iter().flat_map(|b| b.ends).collect();
            balls.extend(ends.difference(&listed).map(|&vertex| Ball { vertex, radius: r }));
        }
        other => return Err(element.wrong(format!("has the ball mode `{other}`, which there is not"))),
    }
    Ok(Lattice { beams, balls, least, clipped })
}
