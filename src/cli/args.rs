//! What may stand on the command line. These structures only hold; they do nothing.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::values::{
    AxesArg, AxisArg, ColorArg, CutArg, GrowthArg, OxygenArg, RawSizeArg, ResolutionArg, SpacingArg, build_volume,
    bytes, factor, length, offset, plot, porosity, resolution, spacing, unit,
};
use crate::design::Threshold;
use crate::input::RawType;
use crate::measure::BuildDirection;
use crate::units::{Length, LengthUnit};
use crate::voxel::denoise::Filter;

/// A go/no-go gauge for tissue-engineering scaffolds.
#[derive(Debug, Parser)]
#[command(
    name = "poregauge",
    version,
    about,
    long_about = "A go/no-go gauge for tissue-engineering scaffolds.\n\n\
    Measures a CAD mesh (STL, OBJ, PLY, OFF, 3MF, glTF) or a micro-CT volume (NIfTI, NRRD, MetaImage, VTI, VTK, DICOM, TIFF, NPY, slices), compares every figure with acceptance \
    criteria, and says pass or fail with the margin and the uncertainty.\n\n\
    Exit codes: 0 every design passes, 1 some design fails or is inconclusive, 2 the tool could not decide.",
    after_help = "Examples:\n  poregauge check part.stl\n  poregauge check scan.nrrd --format json -o report.json\n  \
    poregauge measure part.stl --resolution 20um\n  poregauge generate gyroid --porosity 0.9 --cell 1.5mm --size 4.5mm -o gyroid.stl"
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Measure designs and judge them
    #[command(
        after_help = "Examples:\n  poregauge check part.stl\n  poregauge check *.stl --criteria mine.toml --strict\n  \
        poregauge check scan.npy --spacing 12um --format json -o report.json\n  \
        poregauge check --format junit -o junit.xml --format sarif -o poregauge.sarif\n  \
        poregauge check --baseline main.json\n  \
        poregauge check part.stl --process slm --build-direction x --build-volume 100mm"
    )]
    Check(CheckArgs),
    /// Measure designs without judging them
    #[command(
        after_help = "Examples:\n  poregauge measure part.stl\n  poregauge measure part.stl --measures porosity,strut.ridge_d01 --resolution 20um\n  poregauge measure part.stl --measures tortuosity,permeability.z,stiffness --material pcl"
    )]
    Measure(MeasureArgs),
    /// What is in a file and whether it can be trusted, without measuring it
    #[command(
        after_help = "Examples:\n  poregauge inspect part.stl\n  poregauge inspect scan.nii.gz --format json\n  \
        poregauge inspect scan.raw --raw-size 256,256,128 --raw-type u16le --spacing 12um --export scan.vti"
    )]
    Inspect(InspectArgs),
    /// Pores and throats of a design as a network: a file for OpenPNM, and a table of pores
    #[command(after_help = "Examples:\n  poregauge network part.stl -o network.csv\n  \
        poregauge network scan.nrrd -o network.csv --pores pores.csv\n\n\
        In Python: openpnm.io.network_from_csv('network.csv'). No verdict hangs on the network: the number of pores swings \
        with the resolution.")]
    Network(NetworkArgs),
    /// What changed from one design to another, and what got worse
    #[command(
        after_help = "Examples:\n  poregauge compare old.stl new.stl\n  poregauge compare part.stl scan.nrrd --align\n  \
        poregauge compare main.json part.stl --format json -o changes.json"
    )]
    Compare(CompareArgs),
    /// Write a design with thinner or thicker struts, scaled, or without loose pieces
    #[command(after_help = "Examples:\n  poregauge adjust part.stl --advised -o better.stl\n  \
        poregauge adjust part.stl --offset -12um -o thinner.stl\n  \
        poregauge adjust part.stl --remove-islands --scale 1.3 -o larger.stl\n\nPieces are removed first, then every \
        surface is moved by the offset, then all is scaled.")]
    Adjust(AdjustArgs),
    /// Scaffold and tissue over time: what is left of the one, what is there of the other
    #[command(
        after_help = "Examples:\n  poregauge timeline part.stl --material PLGA_85_15 --tissue trabecular_contained\n  \
        poregauge timeline part.stl --material mine.toml --tissue cartilage --days 0,30,90,180 --format csv -o course.csv\n  \
        poregauge timeline part.stl --material WE43 --tissue trabecular_contained --stiffness-days 6 --plot course.svg"
    )]
    Timeline(TimelineArgs),
    /// The materials that degradation is known of
    Materials {
        #[command(subcommand)]
        command: MaterialsCommand,
    },
    /// The tissues that scaffolds are matched to
    Tissues {
        #[command(subcommand)]
        command: TableCommand,
    },
    /// The processes that scaffolds are made by: what each makes, needs and leaves behind
    #[command(after_help = "Examples:\n  poregauge processes list\n  poregauge processes show slm")]
    Processes {
        #[command(subcommand)]
        command: TableCommand,
    },
    /// Make a reference design: minimal surfaces, strut lattices, filament stacks
    #[command(
        after_help = "Examples:\n  poregauge generate gyroid --porosity 0.9 --cell 1.5mm --size 4.5mm -o gyroid.stl\n  \
        poregauge generate cubic --porosity 0.9 --pore 600um --cells 5 -o cubic.stl\n  \
        poregauge generate octet --cell 2mm --strut 150um --cells 3 -o octet.stl\n  \
        poregauge generate stack --strut 150um --pore 800um --cells 4 --layers 12 -o stack.stl\n  \
        poregauge generate schwarz-p --porosity 0.9 --cell 1mm --size 3mm --voxel 25um -o scan.nrrd"
    )]
    Generate(GenerateArgs),
    /// The criteria that designs are judged by
    Criteria {
        #[command(subcommand)]
        command: CriteriaCommand,
    },
    /// The machine-readable report
    Report {
        #[command(subcommand)]
        command: ReportCommand,
    },
    /// Explain a check: what it asks, why, and where its limit comes from
    #[command(after_help = "Example:\n  poregauge explain throat-z")]
    Explain {
        /// Id of the check, such as `porosity`
        check: String,
        /// Criteria that it belongs to: a built-in name or a file
        #[arg(long, default_value = "review", value_name = "NAME|FILE")]
        criteria: String,
    },
    /// Write a commented poregauge.toml into this folder
    Init,
    /// Print completions for a shell
    #[command(
        after_help = "Examples:\n  poregauge completions bash > ~/.local/share/bash-completion/completions/poregauge\n  \
        poregauge completions zsh > ~/.zfunc/_poregauge\n  poregauge completions fish > ~/.config/fish/completions/poregauge.fish"
    )]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page of the program or of a command, or write them all
    #[command(after_help = "Examples:\n  poregauge man | man -l -\n  poregauge man check | man -l -\n  \
        poregauge man --folder ~/.local/share/man/man1")]
    Man {
        /// The command, such as `check` or `criteria show`
        command: Vec<String>,
        /// Write the pages of all commands into this folder
        #[arg(long, value_name = "FOLDER", conflicts_with = "command")]
        folder: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub enum TableCommand {
    /// List the names
    List,
    /// Show one with the source of every figure
    Show {
        /// Its name
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum MaterialsCommand {
    /// List the names
    List,
    /// Show one with the source of every figure
    Show {
        /// Its name
        name: String,
    },
    /// Judge all materials in all tissues for one design: which match, and what the ranges leave open
    #[command(after_help = "Example:\n  poregauge materials match --porosity 0.9 --strut 147um")]
    Match {
        /// Porosity of the design, 0 to 1
        #[arg(long, default_value = "0.9", value_parser = porosity, value_name = "SHARE")]
        porosity: f64,
        /// Thickness of its struts
        #[arg(long, default_value = "147um", value_parser = length, value_name = "LENGTH")]
        strut: Length,
    },
}

#[derive(Debug, Subcommand)]
pub enum CriteriaCommand {
    /// List the built-in criteria
    List,
    /// Show the checks of criteria with their limits and sources
    Show {
        /// A built-in name or a file
        name: String,
    },
    /// Say whether criteria files can be used
    Validate {
        /// The files
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Print the JSON Schema of criteria files
    Schema,
}

#[derive(Debug, Subcommand)]
pub enum ReportCommand {
    /// Print the JSON Schema of reports
    Schema,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FormatArg {
    /// For people, at a terminal
    Text,
    /// The contract, for machines
    Json,
    /// One row a design
    Csv,
    /// For a comment or a page
    Markdown,
    /// One page that opens offline in any browser, with pictures
    Html,
    /// Test results, for CI systems
    Junit,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of a GitHub workflow, and its job summary
    Github,
}

#[derive(Debug, Args)]
pub struct InputArgs {
    /// Unit of files that name none: mm, um, cm, m, in [default: mm]
    #[arg(long, value_parser = unit, value_name = "UNIT", help_heading = "Input")]
    pub unit: Option<LengthUnit>,
    /// Voxel spacing of a volume, such as 12um or 12um,12um,20um
    #[arg(long, value_parser = spacing, value_name = "LENGTH", help_heading = "Input")]
    pub spacing: Option<SpacingArg>,
    /// Order in which an array names its axes [default: xyz]
    #[arg(long, value_enum, help_heading = "Input")]
    pub axes: Option<AxesArg>,
    /// Grey levels that are solid: otsu, a value, a range LO..HI, or hysteresis:LO..HI, above HI and above LO where connected to that [default: otsu]
    #[arg(
        long,
        value_parser = super::settings::threshold,
        allow_hyphen_values = true,
        value_name = "otsu|VALUE|LO..HI|hysteresis:LO..HI",
        help_heading = "Input"
    )]
    pub threshold: Option<Threshold>,
    /// Filter against the noise of a scan before the threshold: median, of 3 x 3 x 3 voxels, or gaussian:1.0, with its standard deviation in voxels [default: none]
    #[arg(long, value_parser = super::settings::denoise, value_name = "median|gaussian:SIGMA", help_heading = "Input")]
    pub denoise: Option<Filter>,
    /// Label that is solid in a volume of labels; all others are void
    #[arg(long, conflicts_with_all = ["threshold", "denoise"], allow_negative_numbers = true, value_name = "N", help_heading = "Input")]
    pub solid_label: Option<i64>,
    /// Voxels of a raw volume along x, y, z, such as 256,256,128; with --raw-type and --spacing
    #[arg(long, value_parser = super::settings::raw_size, value_name = "NX,NY,NZ", help_heading = "Input")]
    pub raw_size: Option<RawSizeArg>,
    /// Numbers of a raw volume: u8, u16le, i16be, f32le and the like
    #[arg(long, value_name = "TYPE", help_heading = "Input")]
    pub raw_type: Option<RawType>,
    /// Bytes before the first voxel of a raw volume [default: 0]
    #[arg(long, value_name = "BYTES", help_heading = "Input")]
    pub raw_header: Option<u64>,
    /// Solid and void change places in a volume
    #[arg(long, help_heading = "Input")]
    pub invert: bool,
    /// Body whose volume is the total volume: auto, box, hull, cylinder, wrap (wrap:2mm by a ball of 2 mm), grid, or a mesh or mask file [default: auto]
    #[arg(long, value_name = "NAME|FILE", help_heading = "Measuring")]
    pub envelope: Option<String>,
    /// What becomes of pores that the envelope cuts [default: open]
    #[arg(long, value_enum, help_heading = "Measuring")]
    pub cut_pores: Option<CutArg>,
    /// The design is one cell of an endless pattern: --cut-pores periodic
    #[arg(long, conflicts_with = "cut_pores", help_heading = "Measuring")]
    pub periodic: bool,
    /// Voxel size, such as 20um; auto refines a mesh until every required check is decided, and takes a volume as it is [default: auto]
    #[arg(long, value_parser = resolution, value_name = "LENGTH|auto", help_heading = "Measuring")]
    pub resolution: Option<ResolutionArg>,
    /// Voxels of the finest grid; those of a larger volume are joined in blocks [default: 134217728]
    #[arg(long, env = "POREGAUGE_MAX_VOXELS", value_name = "N", value_parser = clap::value_parser!(u64).range(1000..4_294_967_295), help_heading = "Measuring")]
    pub max_voxels: Option<u64>,
    /// Voxel size for flow, diffusion and stiffness, such as 25um [default: about 128 x 128 x 128 voxels]
    #[arg(long, value_parser = length, value_name = "LENGTH", help_heading = "Measuring")]
    pub flow_resolution: Option<Length>,
    /// Mean velocity of perfused medium through the whole cross-section, such as 100um/s, for wall_shear
    #[arg(long, value_parser = crate::units::parse_speed, value_name = "VELOCITY", help_heading = "Measuring")]
    pub perfusion: Option<f64>,
    /// Cells in the void, such as 1e6/mL, for the depth that oxygen reaches
    #[arg(long, value_parser = crate::units::parse_cells, value_name = "DENSITY", help_heading = "Measuring")]
    pub cells: Option<f64>,
    /// Oxygen that a cell uses when there is plenty [default: 98fmol/h, of mesenchymal stem cells]
    #[arg(long, value_parser = crate::units::parse_uptake, value_name = "AMOUNT", help_heading = "Measuring")]
    pub cell_oxygen: Option<f64>,
    /// Oxygen outside and the limit below which cells suffer [default: 0.2mM..0.01mM]
    #[arg(long, value_parser = super::settings::oxygen, value_name = "OUTSIDE..LIMIT", help_heading = "Measuring")]
    pub oxygen: Option<OxygenArg>,
}

#[derive(Debug, Args)]
pub struct RunArgs {
    /// Threads [default: one a core]
    #[arg(long, env = "POREGAUGE_THREADS", value_name = "N", value_parser = clap::value_parser!(u16).range(1..1024), help_heading = "Running")]
    pub threads: Option<u16>,
    /// Memory that may be used, such as 8GiB [default: four fifths of the machine's]
    #[arg(long, env = "POREGAUGE_MEMORY", value_parser = bytes, value_name = "SIZE", help_heading = "Running")]
    pub memory: Option<u64>,
    /// Folder of results of unchanged designs, or `off` [default: in the user's cache folder]
    #[arg(long, env = "POREGAUGE_CACHE", value_name = "DIR|off", help_heading = "Running")]
    pub cache: Option<PathBuf>,
    /// No progress on the terminal
    #[arg(long, help_heading = "Running")]
    pub no_progress: bool,
    /// Nothing on standard error but errors
    #[arg(long, short, help_heading = "Running")]
    pub quiet: bool,
    /// Colour
    #[arg(long, value_enum, default_value = "auto", help_heading = "Output")]
    pub color: ColorArg,
    /// Format of the report; may be given several times
    #[arg(long, value_enum, value_name = "FORMAT", help_heading = "Output")]
    pub format: Vec<FormatArg>,
    /// File for the --format before it; standard output without one
    #[arg(long, short, value_name = "FILE", help_heading = "Output")]
    pub output: Vec<PathBuf>,
    /// The formats with their files, in the order of the command line
    #[arg(skip)]
    pub outputs: Outputs,
}

/// Formats with their files; a format without a file goes to standard output.
pub type Outputs = Vec<(FormatArg, Option<PathBuf>)>;

impl RunArgs {
    /// Pairs each -o with the --format before it; the positions are those on the command line.
    pub fn pair(&mut self, formats: &[usize], files: &[usize]) -> Result<(), String> {
        let mut outputs: Vec<(usize, FormatArg, Option<PathBuf>)> =
            formats.iter().zip(&self.format).map(|(at, format)| (*at, *format, None)).collect();
        if outputs.is_empty() && !files.is_empty() {
            outputs.push((0, FormatArg::Text, None));
        }
        for (at, file) in files.iter().zip(&self.output) {
            let before = outputs.iter_mut().rev().find(|o| o.0 < *at);
            match before {
                Some(output) if output.2.is_none() => output.2 = Some(file.clone()),
                _ => {
                    return Err(format!(
                        "-o {}: each -o belongs to the --format before it, and each --format has one",
                        file.display()
                    ));
                }
            }
        }
        self.outputs = outputs.into_iter().map(|(_, format, file)| (format, file)).collect();
        Ok(())
    }
}

#[derive(Debug, Args)]
pub struct FateArgs {
    /// Material of the scaffold: a name (`poregauge materials list`) or a file of your own
    #[arg(long, value_name = "NAME|FILE", help_heading = "After implantation")]
    pub material: Option<String>,
    /// Tissue that shall grow: a name (`poregauge tissues list`) or a file of your own
    #[arg(long, value_name = "NAME|FILE", help_heading = "After implantation")]
    pub tissue: Option<String>,
    /// How tissue fills the void: by its calibrated curve; by a front from the host and a constant pace from the surfaces; by
    /// a front and the curvature of the surfaces; or by the slower of curve and apposition [default: healing]
    #[arg(long, value_enum, value_name = "LAW", help_heading = "After implantation")]
    pub tissue_growth: Option<GrowthArg>,
    /// Narrowest throat that tissue from the host passes [default: 50um]
    #[arg(long, value_parser = length, value_name = "LENGTH", help_heading = "After implantation")]
    pub tissue_throat: Option<Length>,
    /// Stress that it has to bear, such as 0.5MPa
    #[arg(long, value_parser = crate::units::parse_pressure, value_name = "PRESSURE", help_heading = "After implantation")]
    pub load: Option<f64>,
}

/// How a design is to be made.
#[derive(Clone, Debug, Args)]
pub struct MakingArgs {
    /// Process that makes the design, for its smallest strut and gap, what it leaves in the void and what hangs over: fdm,
    /// sla, dlp, sls, slm, mew, two-photon, freeze (`poregauge processes list`), or a file of your own
    #[arg(long, value_name = "NAME|FILE", help_heading = "Making")]
    pub process: Option<String>,
    /// Direction in which layers are laid on one another: x, -x, y, -y, z, -z [default: z]
    #[arg(long, allow_hyphen_values = true, value_name = "DIRECTION", help_heading = "Making")]
    pub build_direction: Option<BuildDirection>,
    /// Size of what the machine can make along x, y, z, such as 200mm,200mm,180mm, or one length for a cube
    #[arg(long, value_parser = build_volume, value_name = "LENGTHS", help_heading = "Making")]
    pub build_volume: Option<SpacingArg>,
    /// Cavity that the design shall go into: a mesh or a mask file
    #[arg(long, value_name = "FILE", help_heading = "Making")]
    pub fits: Option<String>,
}

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The designs: meshes (STL, OBJ, PLY, OFF, 3MF, glTF) and volumes (NIfTI, NRRD, MetaImage, VTI, VTK, DICOM, TIFF, NPY, NPZ, a folder of
    /// slices); without any, those of poregauge.toml
    #[arg(value_name = "FILES")]
    pub files: Vec<PathBuf>,
    /// Criteria: a built-in name or a file [default: review]
    #[arg(long, env = "POREGAUGE_CRITERIA", value_name = "NAME|FILE", help_heading = "Criteria")]
    pub criteria: Option<String>,
    /// An earlier report (JSON): only what got worse since then gates
    #[arg(long, value_name = "FILE", help_heading = "Criteria")]
    pub baseline: Option<PathBuf>,
    /// Advisory checks gate too, and missing declarations fail
    #[arg(long, help_heading = "Criteria")]
    pub strict: bool,
    /// Change a failing design as advised, and measure it again
    #[arg(long, help_heading = "Criteria")]
    pub verify_advice: bool,
    #[command(flatten)]
    pub making: MakingArgs,
    #[command(flatten)]
    pub fate: FateArgs,
    /// Measures wanted beside those of the criteria
    #[arg(long, value_delimiter = ',', value_name = "ID", help_heading = "Measuring")]
    pub measures: Vec<String>,
    /// Bottlenecks along each axis to tell in the JSON report, each with those before it opened [default: 3 for measure]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=100), help_heading = "Measuring")]
    pub throats: Option<u8>,
    #[command(flatten)]
    pub input: InputArgs,
    #[command(flatten)]
    pub run: RunArgs,
}

#[derive(Debug, Args)]
pub struct InspectArgs {
    /// The files: meshes (STL, OBJ, PLY, OFF, 3MF, glTF) and volumes (NIfTI, NRRD, MetaImage, VTI, VTK, DICOM, TIFF, NPY, NPZ, a folder of slices)
    #[arg(required_unless_present = "schema", value_name = "FILES")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub input: InputArgs,
    /// Write what was read in another format too: a mesh as .stl or .ply, a volume as .vti, .nii, .nii.gz or .npy
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub export: Option<PathBuf>,
    /// Text for people, or JSON
    #[arg(long, value_enum, default_value = "text", value_name = "FORMAT", help_heading = "Output")]
    pub format: InspectFormat,
    /// Print the JSON Schema of inspections instead
    #[arg(long, help_heading = "Output")]
    pub schema: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum InspectFormat {
    Text,
    Json,
}

#[derive(Debug, Args)]
pub struct NetworkArgs {
    /// The design: a mesh (STL, OBJ, PLY, OFF) or a volume (NIfTI, NRRD, MetaImage, TIFF, NPY, NPZ, a folder of slices)
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// File for the network, as OpenPNM reads it (CSV, metres)
    #[arg(long, short, value_name = "FILE", help_heading = "Output")]
    pub output: PathBuf,
    /// File for the table of pores (CSV, a row a pore)
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub pores: Option<PathBuf>,
    #[command(flatten)]
    pub input: InputArgs,
    #[command(flatten)]
    pub work: WorkArgs,
}

#[derive(Debug, Args)]
pub struct WorkArgs {
    /// Threads [default: one a core]
    #[arg(long, env = "POREGAUGE_THREADS", value_name = "N", value_parser = clap::value_parser!(u16).range(1..1024), help_heading = "Running")]
    pub threads: Option<u16>,
    /// Memory that may be used, such as 8GiB [default: four fifths of the machine's]
    #[arg(long, env = "POREGAUGE_MEMORY", value_parser = bytes, value_name = "SIZE", help_heading = "Running")]
    pub memory: Option<u64>,
    /// No progress on the terminal
    #[arg(long, help_heading = "Running")]
    pub no_progress: bool,
    /// Nothing on standard error but errors
    #[arg(long, short, help_heading = "Running")]
    pub quiet: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CompareFormat {
    Text,
    Json,
    Html,
}

/// What changes are judged by.
#[derive(Debug, Args)]
pub struct CriteriaArgs {
    /// Criteria: a built-in name or a file [default: review]
    #[arg(long, env = "POREGAUGE_CRITERIA", value_name = "NAME|FILE", help_heading = "Criteria")]
    pub criteria: Option<String>,
    /// Advisory checks count too
    #[arg(long, help_heading = "Criteria")]
    pub strict: bool,
    #[command(flatten)]
    pub making: MakingArgs,
}

#[derive(Debug, Args)]
pub struct CompareArgs {
    /// The design that was: a mesh, a volume, or a report of `check --format json`
    #[arg(required_unless_present = "schema", value_name = "OLD")]
    pub old: Option<PathBuf>,
    /// The design that is: a mesh, a volume or a report
    #[arg(required_unless_present = "schema", value_name = "NEW")]
    pub new: Option<PathBuf>,
    /// Lay the new design onto the old one first: shifted, and turned by up to 15°
    #[arg(long, help_heading = "Comparing")]
    pub align: bool,
    /// Thinnest difference that counts as missing or extra material [default: 2.5 voxels of a scan, at least a quarter
    /// of a strut]
    #[arg(long, value_parser = length, value_name = "LENGTH", help_heading = "Comparing")]
    pub tolerance: Option<Length>,
    #[command(flatten)]
    pub judge: CriteriaArgs,
    #[command(flatten)]
    pub input: InputArgs,
    #[command(flatten)]
    pub work: WorkArgs,
    /// Text for people, JSON, or a page
    #[arg(long, value_enum, default_value = "text", value_name = "FORMAT", help_heading = "Output")]
    pub format: CompareFormat,
    /// File to write; standard output without one
    #[arg(long, short, value_name = "FILE", help_heading = "Output")]
    pub output: Option<PathBuf>,
    /// Print the JSON Schema of comparisons instead
    #[arg(long, help_heading = "Output")]
    pub schema: bool,
}

#[derive(Debug, Args)]
pub struct AdjustArgs {
    /// The design: a mesh or a volume
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Move every surface outward by this length, inward where it is negative: -12um makes struts 24 µm thinner
    #[arg(long, value_parser = offset, allow_hyphen_values = true, value_name = "LENGTH", conflicts_with = "advised")]
    pub offset: Option<Length>,
    /// Multiply all lengths by this factor, after the offset
    #[arg(long, value_parser = factor, value_name = "FACTOR", conflicts_with = "advised")]
    pub scale: Option<f64>,
    /// Remove all pieces of solid but the largest first
    #[arg(long, conflicts_with = "advised")]
    pub remove_islands: bool,
    /// Make the change that `check` advises under the criteria
    #[arg(long)]
    pub advised: bool,
    /// Cells that moved surfaces are made on [default: a fifth of a strut, or as fine as 3 million cells allow]
    #[arg(long, value_parser = length, value_name = "LENGTH")]
    pub step: Option<Length>,
    #[command(flatten)]
    pub judge: CriteriaArgs,
    #[command(flatten)]
    pub input: InputArgs,
    #[command(flatten)]
    pub work: WorkArgs,
    /// Size of the voxels of a .nrrd
    #[arg(long, value_parser = length, value_name = "LENGTH", help_heading = "Output")]
    pub voxel: Option<Length>,
    /// File to write: .stl, or .nrrd with --voxel
    #[arg(long, short, value_name = "FILE", help_heading = "Output")]
    pub output: PathBuf,
}

#[derive(Debug, Args)]
pub struct TimelineArgs {
    /// The designs: meshes (STL, OBJ, PLY, OFF, 3MF, glTF) and volumes (NIfTI, NRRD, MetaImage, VTI, VTK, DICOM, TIFF, NPY, NPZ, a folder of slices)
    #[arg(required = true, value_name = "FILES")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub fate: FateArgs,
    /// Days after implantation [default: up to three times the day on which nine tenths of the tissue are there]
    #[arg(long, value_delimiter = ',', value_name = "DAYS", help_heading = "After implantation")]
    pub days: Vec<f64>,
    /// Compute the stiffness by finite elements: at first, and of a material that erodes or corrodes on this many days until
    /// it falls apart, with a monotone curve between
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=32), help_heading = "After implantation")]
    pub stiffness_days: Option<u8>,
    /// Axis whose stiffness is followed [default: the weakest at first]
    #[arg(long, value_enum, value_name = "AXIS", help_heading = "After implantation")]
    pub axis: Option<AxisArg>,
    /// Draw the course into this file: .svg or .png; may be given beside any --format
    #[arg(long, value_parser = plot, value_name = "FILE", help_heading = "Output")]
    pub plot: Option<PathBuf>,
    #[command(flatten)]
    pub input: InputArgs,
    #[command(flatten)]
    pub run: RunArgs,
}

#[derive(Debug, Args)]
pub struct MeasureArgs {
    /// The designs: meshes (STL, OBJ, PLY, OFF, 3MF, glTF) and volumes (NIfTI, NRRD, MetaImage, VTI, VTK, DICOM, TIFF, NPY, NPZ, a folder of slices)
    #[arg(required = true, value_name = "FILES")]
    pub files: Vec<PathBuf>,
    /// Measures or families of them, such as porosity,strut.ridge_d01; tortuosity, diffusivity, permeability, wall_shear,
    /// oxygen, stiffness and strength solve for fields, overhang needs a direction, and are measured only when named
    /// [default: all others]
    #[arg(long, value_delimiter = ',', value_name = "ID", help_heading = "Measuring")]
    pub measures: Vec<String>,
    /// Material of the solid, to have stiffness and strength in MPa: a name (`poregauge materials list`) or a file of your
    /// own
    #[arg(long, value_name = "NAME|FILE", help_heading = "Measuring")]
    pub material: Option<String>,
    /// Bottlenecks along each axis to tell in the JSON report, each with those before it opened [default: 3 for measure]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=100), help_heading = "Measuring")]
    pub throats: Option<u8>,
    #[command(flatten)]
    pub making: MakingArgs,
    /// Draw Young's modulus in every direction into this file: .svg or .png; of a repeating cell whose stiffness is measured
    #[arg(long, value_parser = plot, value_name = "FILE", help_heading = "Output")]
    pub plot: Option<PathBuf>,
    #[command(flatten)]
    pub input: InputArgs,
    #[command(flatten)]
    pub run: RunArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KindArg {
    /// Gyroid
    Gyroid,
    /// Schwarz P
    SchwarzP,
    /// Diamond
    Diamond,
    /// Cubic lattice of square struts, one clean surface
    Cubic,
    /// Cubic lattice of round struts, overlapping shells
    CubicRound,
    /// Body-centred lattice of round struts, overlapping shells
    Bcc,
    /// Octet truss of round struts, overlapping shells
    Octet,
    /// 0/90 stack of square filaments
    Stack,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FormArg {
    Sheet,
    Network,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FaultArg {
    /// Closed pores inside the struts (cubic)
    ClosedPores,
    /// Loose cubes in the pores (cubic)
    Islands,
    /// Two fifths of the triangles are missing
    Holes,
}

#[derive(Debug, Args)]
pub struct GenerateArgs {
    /// What to make
    #[arg(value_enum)]
    pub kind: KindArg,
    /// Porosity, 0 to 1 (minimal surfaces, cubic)
    #[arg(long, value_name = "SHARE")]
    pub porosity: Option<f64>,
    /// Sheet along the surface, or one side of it (minimal surfaces)
    #[arg(long, value_enum, default_value = "sheet")]
    pub form: FormArg,
    /// Edge of a cell (minimal surfaces, round struts)
    #[arg(long, value_parser = length, value_name = "LENGTH")]
    pub cell: Option<Length>,
    /// Edge of the box (minimal surfaces)
    #[arg(long, value_parser = length, value_name = "LENGTH")]
    pub size: Option<Length>,
    /// Samples along a cell (minimal surfaces)
    #[arg(long, default_value_t = 32, value_name = "N", value_parser = clap::value_parser!(u32).range(6..512))]
    pub samples: u32,
    /// Clear width between struts (cubic, stack)
    #[arg(long, value_parser = length, value_name = "LENGTH")]
    pub pore: Option<Length>,
    /// Width of a strut or filament
    #[arg(long, value_parser = length, value_name = "LENGTH")]
    pub strut: Option<Length>,
    /// Cells along each axis; filaments in a layer of a stack
    #[arg(long, default_value_t = 4, value_name = "N", value_parser = clap::value_parser!(u32).range(1..200))]
    pub cells: u32,
    /// Layers of a stack
    #[arg(long, default_value_t = 8, value_name = "N", value_parser = clap::value_parser!(u32).range(1..1000))]
    pub layers: u32,
    /// Sides of a round strut
    #[arg(long, default_value_t = 12, value_name = "N", value_parser = clap::value_parser!(u32).range(4..128))]
    pub sides: u32,
    /// Something wrong on purpose, to try a gate on
    #[arg(long, value_enum)]
    pub fault: Option<FaultArg>,
    /// Write a volume of voxels of this size instead of a mesh
    #[arg(long, value_parser = length, value_name = "LENGTH")]
    pub voxel: Option<Length>,
    /// File to write: .stl or .ply; with --voxel .nrrd, .vti, .nii, .nii.gz or .npy
    #[arg(long, short, value_name = "FILE")]
    pub output: PathBuf,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_need_units_and_sense() {
        assert!(length("20").unwrap_err().contains("20um"));
        assert!(length("0um").is_err());
        assert_eq!(resolution("auto"), Ok(ResolutionArg(None)));
        assert_eq!(spacing("1um,2um,3um").unwrap().0[2], Length::from_um(3.0));
        assert!(spacing("1um,2um").is_err());
        assert_eq!(bytes("2GiB"), Ok(2 << 30));
        assert!(bytes("2").is_err());
        assert!(bytes("0GiB").is_err());
    }
}
