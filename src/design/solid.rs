//! From a loaded file to a solid: unit, spacing and threshold decided and written down.

use std::borrow::Cow;
use std::sync::Arc;

use crate::design::envelope::{Envelope, EnvelopeChoice};
use crate::design::finding::{Finding, Severity};
use crate::design::phases::{Binarised, Threshold, phases};
use crate::design::wrap::{Solids, wrap};
use crate::grid::{Frame, Levels, Lie, Mask};
use crate::input::{Content, FileSpacing, Format, InputError, InputErrorKind, Loaded, Place, RawLayout};
use crate::limits::Limits;
use crate::mesh::V3;
use crate::mesh::hull::Flat;
use crate::mesh::solid::SolidMesh;
use crate::mesh::topology::Places;
use crate::parallel::{Cancelled, Exec};
use crate::units::{Length, LengthUnit};
use crate::voxel::denoise::Filter;

/// The order in which a file names its axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Axes {
    /// x, y, z.
    #[default]
    Xyz,
    /// z, y, x.
    Zyx,
}

/// What the user says about a file.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Options {
    /// Unit of a file without one.
    pub unit: Option<LengthUnit>,
    /// Spacing of the voxels along x, y, z.
    pub spacing: Option<[Length; 3]>,
    /// Order of the axes of an array.
    pub axes: Axes,
    /// Which grey levels are solid.
    pub threshold: Threshold,
    /// The filter before it.
    pub denoise: Option<Filter>,
    /// The label that is solid in a volume of labels; all others are void.
    pub solid_label: Option<i64>,
    /// Whether solid and void change places.
    pub invert: bool,
    /// What raw volumes hold.
    pub raw: Option<RawLayout>,
    /// The body.
    pub envelope: EnvelopeChoice,
}

/// Where a design came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// Format of the file.
    pub format: Format,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// Unit of its numbers.
    pub unit: LengthUnit,
    /// Whether the file did not say so.
    pub unit_assumed: bool,
    /// Number of triangles of a mesh.
    pub triangles: Option<usize>,
    /// Number of voxels of a volume.
    pub voxels: Option<[usize; 3]>,
    /// Spacing of a volume, in µm.
    pub spacing_um: Option<[f64; 3]>,
    /// How its axes lie in the coordinates of the file, where the file says so.
    pub lie: Option<Lie>,
    /// How the phases of a volume were told apart.
    pub threshold: Option<String>,
}

/// The solid of a design.
#[derive(Clone, Debug)]
pub enum Solid {
    /// Bounded by a mesh.
    Mesh(Box<SolidMesh>),
    /// Voxels of a volume.
    Volume {
        /// Where the voxels lie.
        frame: Frame,
        /// Their values.
        levels: Levels,
        /// How they become two phases.
        phases: Binarised,
    },
}

/// A design, ready to be measured.
#[derive(Clone, Debug)]
pub struct Design {
    /// Where it came from.
    pub source: Source,
    /// Its solid.
    pub solid: Solid,
    /// The body that it is measured in.
    pub envelope: Envelope,
    /// What was found on the way.
    pub findings: Vec<Finding>,
}

/// Why a file is no design.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DesignError {
    /// The file cannot be used.
    #[error(transparent)]
    Input(#[from] InputError),
    /// There is nothing to measure.
    #[error("{message}: {remedy}")]
    Nothing {
        /// Kind, as errors in reports name it.
        kind: &'static str,
        /// What is wrong.
        message: String,
        /// What to do.
        remedy: String,
    },
    /// The run was cancelled.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl DesignError {
    pub(super) fn nothing(kind: &'static str, message: impl Into<String>, remedy: &str) -> Self {
        Self::Nothing { kind, message: message.into(), remedy: remedy.to_owned() }
    }
}

impl From<Flat> for DesignError {
    fn from(_: Flat) -> Self {
        Self::nothing("design.no_volume", "the solid spans no volume", "export a solid body")
    }
}

impl Design {
    /// Makes a design of a file.
    ///
    /// # Errors
    /// When the file has no spacing, one phase only, or no volume.
    pub fn new(loaded: Loaded, options: &Options, limits: &Limits, exec: &Exec) -> Result<Self, DesignError> {
        let mut findings: Vec<Finding> =
            loaded.notes.iter().map(|n| Finding::new(n.kind, Severity::Warning, n.message.clone())).collect();
        let (format, sha256) = (loaded.format, loaded.sha256);
        match loaded.content {
            Content::Mesh { triangles, unit } => {
                let assumed = unit.is_none() && options.unit.is_none();
                let unit = options.unit.or(unit).unwrap_or(LengthUnit::Millimetre);
                let count = triangles.len();
                let mut mesh =
                    triangles.weld().map_err(|e| InputError::new(InputErrorKind::TooLarge, e.to_string()))?;
                drop(triangles);
                mesh.scale(unit.in_um());
                let solid = SolidMesh::new(mesh, exec)?;
                let (low, high) = solid.mesh.bounds().ok_or(Flat)?;
                refuse_size(low, high)?;
                let lie = Some(Lie::PLAIN);
                let choice = chosen(&options.envelope, lie, &mut findings, limits, exec)?;
                let mut envelope = Envelope::choose(&choice, (low, high), &solid.mesh.vertices, None, false)?;
                refuse_hopeless(&solid, &envelope)?;
                wrap(&mut envelope, &options.envelope, (low, high), &Solids::Mesh(&solid), limits, exec)?;
                mesh_findings(&solid, &mut findings);
                if assumed {
                    plausible_unit(high - low, &mut findings);
                }
                let source = Source {
                    format,
                    sha256,
                    unit,
                    unit_assumed: assumed,
                    triangles: Some(count),
                    voxels: None,
                    spacing_um: None,
                    lie,
                    threshold: None,
                };
                Ok(Self { source, solid: Solid::Mesh(Box::new(solid)), envelope, findings })
            }
            Content::Volume { volume, spacing, place: Place { origin, mut lie } } => {
                let (spacing_um, unit, assumed) = spacing_of(spacing, options, &mut findings)?;
                let per_unit = unit.in_um();
                let mut origin = origin.map(|o| o * per_unit);
                let mut volume = volume;
                let mut spacing_um = spacing_um;
                if options.axes == Axes::Zyx {
                    limits.check("the volume", volume.levels.len() as u64, 8).map_err(InputError::from)?;
                    volume = volume.reversed_axes();
                    origin.reverse();
                    if let Some(lie) = &mut lie {
                        lie.axes.reverse();
                    }
                    if options.spacing.is_none() {
                        spacing_um.reverse();
                    }
                }
                let frame = Frame { size: volume.size, spacing: spacing_um, origin };
                refuse_voxels(&frame)?;
                let (phases, text) = phases(&mut volume, options, &mut findings, limits, exec)?;
                let extremes = extremes(&frame, &volume.levels, &phases)?;
                let (low, high) = frame.bounds();
                if assumed {
                    // A scan may be a small part of a design.
                    implausible(V3::from(high) - V3::from(low), 0.03, &mut findings);
                }
                let choice = chosen(&options.envelope, lie, &mut findings, limits, exec)?;
                let mut envelope = Envelope::choose(
                    &choice,
                    extremes.bounds,
                    &extremes.points,
                    Some((V3::from(low), V3::from(high))),
                    extremes.crop,
                )?;
                let solids = Solids::Volume(&frame, &volume.levels, &phases);
                wrap(&mut envelope, &options.envelope, extremes.bounds, &solids, limits, exec)?;
                let source = Source {
                    format,
                    sha256,
                    unit,
                    unit_assumed: assumed,
                    triangles: None,
                    voxels: Some(frame.size),
                    spacing_um: Some(spacing_um),
                    lie,
                    threshold: Some(text),
                };
                let solid = Solid::Volume { frame, levels: volume.levels, phases };
                Ok(Self { source, solid, envelope, findings })
            }
        }
    }
}

/// The envelope as it lies along the axes of a design.
fn chosen<'c>(
    choice: &'c EnvelopeChoice,
    lie: Option<Lie>,
    findings: &mut Vec<Finding>,
    limits: &Limits,
    exec: &Exec,
) -> Result<Cow<'c, EnvelopeChoice>, DesignError> {
    let EnvelopeChoice::Region(region) = choice else { return Ok(Cow::Borrowed(choice)) };
    let Some(turned) = region.along(lie, limits, exec)? else { return Ok(Cow::Borrowed(choice)) };
    let axis = |v: V3| format!("({:.3}, {:.3}, {:.3})", v.x + 0.0, v.y + 0.0, v.z + 0.0);
    let axes = lie.map(|lie| lie.axes.map(axis).join(", ")).unwrap_or_default();
    findings.push(Finding::new(
        "envelope.turned",
        Severity::Info,
        format!("the axes of the design run along {axes}, those of the envelope do not: it was turned to them"),
    ));
    Ok(Cow::Owned(EnvelopeChoice::Region(Arc::new(turned))))
}

/// Refuses sizes that no scaffold has and no arithmetic holds.
fn refuse_size(low: V3, high: V3) -> Result<(), DesignError> {
    let size = (high - low).amax();
    let far = low.amax().max(high.amax());
    if (1e-3..=1e9).contains(&size) && far <= 1e6 * size {
        return Ok(());
    }
    Err(DesignError::nothing(
        "design.size",
        format!("the design is {size:.3e} µm across, up to {far:.3e} µm from the origin"),
        "check the --unit, and export it near the origin",
    ))
}

/// Refuses voxels that no scan has: of an impossible size, or much longer than wide.
fn refuse_voxels(frame: &Frame) -> Result<(), DesignError> {
    let [x, y, z] = frame.spacing;
    let (least, most) = (x.min(y).min(z), x.max(y).max(z));
    if !(1e-4..=1e7).contains(&least) || most > 1e3 * least {
        return Err(DesignError::nothing(
            "design.size",
            format!("the voxels measure {x:.3e} × {y:.3e} × {z:.3e} µm"),
            "check the spacing in the file and the --unit, or give the right one by --spacing",
        ));
    }
    let (low, high) = frame.bounds();
    refuse_size(V3::from(low), V3::from(high))
}

/// Refuses a mesh that bounds nothing, rather than measuring it.
fn refuse_hopeless(solid: &SolidMesh, envelope: &Envelope) -> Result<(), DesignError> {
    let triangles = solid.mesh.triangles.len();
    let volume = solid.volume().unwrap_or_else(|| solid.mesh.signed_volume().abs());
    if volume <= 1e-9 * envelope.hull.volume {
        return Err(DesignError::nothing(
            "mesh.no_volume",
            "the mesh encloses no volume",
            "export a closed solid, not a sheet or a set of loose faces",
        ));
    }
    let open = solid.topology.open_edges.count;
    if 5 * open > triangles {
        let at = solid.topology.open_edges.first.first().map(place).unwrap_or_default();
        return Err(DesignError::nothing(
            "mesh.broken",
            format!("the mesh is not a solid: {open} open edges on {triangles} triangles, the first at {at}"),
            "repair it (close the holes, join the faces) and export it again",
        ));
    }
    Ok(())
}

fn place(p: &V3) -> String {
    format!("({:.3}, {:.3}, {:.3}) mm", p.x / 1e3, p.y / 1e3, p.z / 1e3)
}

fn report_places(findings: &mut Vec<Finding>, kind: &'static str, severity: Severity, places: &Places, what: &str) {
    if places.count > 0 {
        let mut finding = Finding::new(kind, severity, format!("{} {what}", places.count));
        if let Some(p) = places.first.first() {
            finding = finding.at([p.x, p.y, p.z]);
        }
        findings.push(finding);
    }
}

fn mesh_findings(solid: &SolidMesh, findings: &mut Vec<Finding>) {
    let mut add = |kind, severity, places: &Places, what: &str| report_places(findings, kind, severity, places, what);
    let (t, s) = (&solid.topology, &solid.shells);
    add(
        "mesh.open_edges",
        Severity::Warning,
        &t.open_edges,
        "open edges: holes were closed over by the winding number",
    );
    add(
        "mesh.non_manifold_edges",
        Severity::Warning,
        &t.non_manifold_edges,
        "edges where more than two triangles meet",
    );
    add(
        "mesh.flipped_triangles",
        Severity::Warning,
        &s.flipped_triangles,
        "triangles faced against their neighbours and were turned",
    );
    add("mesh.flipped_shells", Severity::Warning, &s.flipped_shells, "shells were inside out and were turned");
    add("mesh.unorientable", Severity::Error, &s.unorientable, "shells have no inside (like a Möbius strip)");
    add(
        "mesh.ambiguous_shells",
        Severity::Warning,
        &s.ambiguous,
        "shells lie inside another one that faces the same way: taken for overlaps, may be meant as cavities",
    );
    add("mesh.degenerate_triangles", Severity::Info, &t.degenerate, "triangles without area");
    add("mesh.duplicate_triangles", Severity::Warning, &t.duplicates, "triangles stand in the file twice");
    add(
        "mesh.intersections",
        Severity::Info,
        &solid.crossings,
        "pairs of triangles cross or touch: overlapping parts were joined",
    );
}

fn plausible_unit(size: V3, findings: &mut Vec<Finding>) {
    findings.push(Finding::new(
        "unit.assumed",
        Severity::Info,
        format!(
            "the file has no unit, millimetres were assumed: {:.4} × {:.4} × {:.4} mm",
            size.x / 1e3,
            size.y / 1e3,
            size.z / 1e3
        ),
    ));
    implausible(size, 0.3, findings);
}

/// Says so where a design of an assumed unit is smaller than `least` mm, or larger than designs are.
fn implausible(size: V3, least: f64, findings: &mut Vec<Finding>) {
    let largest = size.max() / 1e3;
    if !(least..=300.0).contains(&largest) {
        let (unit, factor) = if largest < least { ("m", 1e3) } else { ("um", 1e-3) };
        findings.push(Finding::new(
            "unit.implausible",
            Severity::Warning,
            format!(
                "as millimetres the design is {} mm across; if it was meant as {} mm, say `--unit {unit}`",
                crate::units::significant(largest, 3),
                crate::units::significant(largest * factor, 3)
            ),
        ));
    }
}

fn spacing_of(
    file: Option<FileSpacing>,
    options: &Options,
    findings: &mut Vec<Finding>,
) -> Result<([f64; 3], LengthUnit, bool), DesignError> {
    let from_file = file.map(|f| {
        let assumed = f.unit.is_none() && options.unit.is_none();
        let unit = options.unit.or(f.unit).unwrap_or(LengthUnit::Millimetre);
        (f.spacing.map(|s| s * unit.in_um()), unit, assumed)
    });
    match (options.spacing, from_file) {
        (Some(given), other) => {
            let given = given.map(Length::um);
            if let Some((file, ..)) = other
                && (0..3).any(|a| (file[a] / given[a] - 1.0).abs() > 1e-6)
            {
                findings.push(Finding::new(
                    "spacing.overridden",
                    Severity::Warning,
                    format!("the file says {} × {} × {} µm, --spacing was used instead", file[0], file[1], file[2]),
                ));
            }
            Ok((given, other.map_or(LengthUnit::Micrometre, |o| o.1), false))
        }
        (None, Some((spacing, unit, assumed))) => {
            if assumed {
                findings.push(Finding::new(
                    "unit.assumed",
                    Severity::Warning,
                    "the spacing in the file has no unit, millimetres were assumed: --unit says otherwise".to_owned(),
                ));
            }
            Ok((spacing, unit, assumed))
        }
        (None, None) => {
            let why = findings.iter().find(|f| f.kind == "file.no_spacing");
            let why = why.map_or_else(String::new, |f| format!(": {}", f.message));
            Err(InputError::new(InputErrorKind::NoSpacing, format!("has no voxel spacing{why}"))
                .remedy("say how far apart the voxels are: --spacing 12um, or --spacing 12um,12um,20um")
                .into())
        }
    }
}

/// The outline of the solid of a volume.
struct Extremes {
    bounds: (V3, V3),
    points: Vec<V3>,
    crop: bool,
}

fn extremes(frame: &Frame, levels: &Levels, phases: &Binarised) -> Result<Extremes, DesignError> {
    let [nx, ny, nz] = frame.size;
    let mut points = Vec::new();
    let mut low = [usize::MAX; 3];
    let mut high = [0; 3];
    for z in 0..nz {
        for y in 0..ny {
            let solid = |x: &usize| phases.signed(levels.get(frame.index(*x, y, z)), 0.0) < 0.0;
            let (Some(first), Some(last)) = ((0..nx).find(solid), (0..nx).rev().find(solid)) else { continue };
            for (a, (from, to)) in [(first, last), (y, y), (z, z)].into_iter().enumerate() {
                low[a] = low[a].min(from);
                high[a] = high[a].max(to);
            }
            for (x, side) in [(first, -0.5), (last, 0.5)] {
                let c = frame.centre([x, y, z]);
                for (v, w) in [(-0.5, -0.5), (-0.5, 0.5), (0.5, -0.5), (0.5, 0.5)] {
                    let off = [side, v, w];
                    points.push(V3::from_fn(|a, _| c[a] + off[a] * frame.spacing[a]));
                }
            }
        }
    }
    if points.is_empty() {
        return Err(Flat.into());
    }
    let crop = (0..3).any(|a| low[a] == 0 && high[a] + 1 == frame.size[a]);
    let half = V3::from(frame.spacing) / 2.0;
    let bounds = (V3::from(frame.centre(low)) - half, V3::from(frame.centre(high)) + half);
    Ok(Extremes { bounds, points, crop })
}

/// The solid voxels of a volume.
#[must_use]
pub(super) fn solid_mask(frame: &Frame, levels: &Levels, phases: &Binarised, shift: f32) -> Mask {
    let mut mask = Mask::empty(frame.size);
    for i in 0..frame.len() {
        if phases.signed(levels.get(i), shift) < 0.0 {
            let [x, y, z] = frame.voxel(i);
            mask.insert(x, y, z);
        }
    }
    mask
}
