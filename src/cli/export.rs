//! `generate`: reference designs as files; `inspect --export`: a file in another format.

use std::path::Path;

use super::args::{FaultArg, FormArg, GenerateArgs, KindArg};
use super::{Failure, output};
use crate::design::{Design, DesignError, EnvelopeChoice, Options, Solid};
use crate::export::{self, Target};
use crate::generate::cubic::{Cubic, Stack};
use crate::generate::struts::{Struts, Topology};
use crate::generate::tpms::{Form, Surface, Tpms};
use crate::generate::{Fault, GenerateError, with_holes};
use crate::grid::Frame;
use crate::input::load_with;
use crate::limits::Limits;
use crate::mesh::Mesh;
use crate::parallel::Exec;
use crate::report::Status;
use crate::units::Length;
use crate::voxel::inside::inside;

impl From<GenerateError> for Failure {
    fn from(error: GenerateError) -> Self {
        Self::Message(error.to_string())
    }
}

/// Voxels that a generated volume may have.
const MAX_VOXELS: f64 = 1e9;

pub fn generate(arguments: GenerateArgs) -> Result<Status, Failure> {
    output::end_on_interrupt();
    let exec = Exec::silent(std::thread::available_parallelism().map_or(1, usize::from))
        .map_err(|e| Failure::Message(e.to_string()))?;
    let mut mesh = mesh(&arguments, &exec)?;
    if arguments.fault == Some(FaultArg::Holes) {
        mesh = with_holes(mesh);
    }
    let target = Target::of(&arguments.output);
    let wrong = |what: &str| Failure::Message(what.to_owned());
    let Some(voxel) = arguments.voxel else {
        let target = target.filter(|t| matches!(t, Target::Stl | Target::Ply));
        let target = target
            .ok_or_else(|| wrong("-o must end in .stl or .ply; for a volume say --voxel 25um and -o with .nrrd"))?;
        output::write_file(&arguments.output, |mut out| target.mesh(&mut out, &mesh).unwrap_or(Ok(())))?;
        return Ok(Status::Fine);
    };
    let target = target
        .filter(|t| !matches!(t, Target::Stl | Target::Ply))
        .ok_or_else(|| wrong("-o must end in .nrrd, .vti, .nii, .nii.gz or .npy when --voxel is given"))?;
    let (low, high) = mesh.bounds().ok_or_else(|| wrong("the design is empty"))?;
    let extent = high - low;
    let size: [usize; 3] = std::array::from_fn(|a| ((extent[a] / voxel.um() - 1e-6).ceil().max(1.0)) as usize);
    if size.iter().map(|n| *n as f64).product::<f64>() > MAX_VOXELS {
        return Err(wrong("the volume would have more than 10⁹ voxels: choose a larger --voxel"));
    }
    let origin = std::array::from_fn(|a| low[a] + voxel.um() / 2.0);
    let frame = Frame { size, spacing: [voxel.um(); 3], origin };
    let mask = inside(&frame, &mesh, true, &exec);
    output::write_file(&arguments.output, |mut out| match target {
        Target::Nrrd => export::nrrd::write(&mut out, &frame, None, &mask),
        other => other.volume(&mut out, &frame, None, &export::mask_levels(&mask)).unwrap_or(Ok(())),
    })?;
    Ok(Status::Fine)
}

/// `inspect --export`: what was read from a file, written in another format: a mesh with its triangles turned the right
/// way, a volume with its values as they are, both with unit and spacing as they were taken.
pub fn convert(file: &Path, to: &Path, options: &Options, limits: &Limits, exec: &Exec) -> Result<(), Failure> {
    let wrong = |what: String| Failure::Message(format!("--export {}: {what}", to.display()));
    let target = Target::of(to).filter(|t| *t != Target::Nrrd);
    let target =
        target.ok_or_else(|| wrong("the name must end in .stl, .ply, .vti, .nii, .nii.gz or .npy".to_owned()))?;
    let options = Options { envelope: EnvelopeChoice::Box, ..options.clone() };
    let design = load_with(file, options.raw.as_ref(), limits)
        .map_err(DesignError::from)
        .and_then(|loaded| Design::new(loaded, &options, limits, exec))
        .map_err(|e| wrong(format!("{} {e}", file.display())))?;
    let mesh = matches!(target, Target::Stl | Target::Ply);
    let lie = design.source.lie.as_ref();
    match &design.solid {
        Solid::Mesh(solid) if mesh => {
            output::write_file(to, |mut out| target.mesh(&mut out, &solid.mesh).unwrap_or(Ok(())))
        }
        Solid::Volume { frame, levels, .. } if !mesh => {
            output::write_file(to, |mut out| target.volume(&mut out, frame, lie, levels).unwrap_or(Ok(())))
        }
        Solid::Mesh(_) => Err(wrong("a mesh is written as .stl or .ply".to_owned())),
        Solid::Volume { .. } => Err(wrong("a volume is written as .vti, .nii, .nii.gz or .npy".to_owned())),
    }
}

fn mesh(a: &GenerateArgs, exec: &Exec) -> Result<Mesh, Failure> {
    let need = |value: Option<Length>, option: &str| {
        value
            .map(Length::um)
            .ok_or_else(|| Failure::Message(format!("this design needs {option}, such as `{option} 600um`")))
    };
    let fault = a.fault.and_then(|f| match f {
        FaultArg::ClosedPores => Some(Fault::ClosedPores),
        FaultArg::Islands => Some(Fault::Islands),
        FaultArg::Holes => None,
    });
    if fault.is_some() && a.kind != KindArg::Cubic {
        return Err(Failure::Message("only `generate cubic` makes closed pores and islands".to_owned()));
    }
    let cells = a.cells as usize;
    let surface = match a.kind {
        KindArg::Gyroid => Some(Surface::Gyroid),
        KindArg::SchwarzP => Some(Surface::SchwarzP),
        KindArg::Diamond => Some(Surface::Diamond),
        _ => None,
    };
    if let Some(surface) = surface {
        let form = match a.form {
            FormArg::Sheet => Form::Sheet,
            FormArg::Network => Form::Network,
        };
        let cell = need(a.cell, "--cell")?;
        let size = a.size.map_or(cell * f64::from(a.cells), Length::um);
        if size / cell * f64::from(a.samples) > 2000.0 {
            return Err(Failure::Message(
                "that would be more than 2000 samples across: choose fewer --samples or a smaller --size".to_owned(),
            ));
        }
        let porosity = a.porosity.unwrap_or(0.9);
        let design = Tpms::with_porosity(surface, form, cell, [size; 3], porosity, a.samples as usize)?;
        return Ok(design.mesh_with(porosity, exec)?);
    }
    Ok(match a.kind {
        KindArg::Cubic => {
            let pore = need(a.pore, "--pore")?;
            let lattice = match (a.strut, a.porosity) {
                (Some(strut), None) => Cubic { pore, strut: strut.um(), cells },
                (None, porosity) => Cubic::with_porosity(pore, porosity.unwrap_or(0.9), cells)?,
                (Some(_), Some(_)) => {
                    return Err(Failure::Message(
                        "--strut and --porosity exclude each other: the pore is given".to_owned(),
                    ));
                }
            };
            lattice.mesh(fault)
        }
        KindArg::Stack => Stack {
            filament: need(a.strut, "--strut")?,
            gap: need(a.pore, "--pore")?,
            filaments: cells,
            layers: a.layers as usize,
        }
        .mesh(),
        _ => {
            let topology = match a.kind {
                KindArg::Bcc => Topology::Bcc,
                KindArg::Octet => Topology::Octet,
                _ => Topology::Cubic,
            };
            Struts {
                topology,
                cell: need(a.cell, "--cell")?,
                strut: need(a.strut, "--strut")?,
                cells,
                sides: a.sides as usize,
            }
            .mesh()
        }
    })
}
