//! A go/no-go gauge for tissue-engineering scaffolds.
//!
//! `poregauge` loads a scaffold mesh or a voxel grid, measures porosity, pore size, strut thickness, surface and
//! interconnectivity with an error bar on every figure, and judges the design by acceptance criteria. This is the
//! library behind the command of the same name.
//!
//! The way through it: [`input`] turns bytes into a mesh or a volume; [`design`] decides unit, spacing, threshold and
//! envelope, and lays a [`design::Study`] over it, a grid with a signed distance to the surface; [`measure`] takes
//! figures from studies at two resolutions or more and states their uncertainty; [`criteria`] judges them; [`report`]
//! holds the result and its views. [`gauge`] does all of it in one call:
//!
//! ```
//! use poregauge::criteria::built_in;
//! use poregauge::gauge::{Run, check};
//! use poregauge::parallel::Exec;
//! use poregauge::report::Status;
//!
//! let run = Run { criteria: Some(built_in("review")?), ..Run::default() };
//! let report = check(&["no-such-design.stl".into()], &run, &Exec::silent(1)?)?;
//! assert_eq!(report.status(), Status::Undecided);
//! assert_eq!(report.designs[0].errors[0].kind, "input.unreadable");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What it promises: lengths are micrometres and diameters; nothing is printed; nothing is global; the same input gives
//! the same bits at any number of threads; a file that cannot be measured gives an error, never a figure.

pub mod advice;
pub mod cli;
pub mod criteria;
pub mod design;
pub mod export;
pub mod fate;
pub mod gauge;
pub mod generate;
pub mod grid;
pub mod input;
pub mod limits;
pub mod measure;
pub mod mesh;
pub mod parallel;
pub mod picture;
pub mod report;
pub mod solver;
pub mod text;
pub mod units;
pub mod voxel;
