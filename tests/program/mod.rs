//! The program as a user runs it.

#![allow(dead_code, clippy::unwrap_used, reason = "a test may fail loudly, and uses what it needs")]

use std::path::Path;
use std::process::{Command, Output};

/// Runs the program with nothing remembered from earlier runs.
pub fn poregauge(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_poregauge")).env("POREGAUGE_CACHE", "off").args(arguments).output().unwrap()
}

/// The same in a folder.
pub fn poregauge_in(folder: &Path, arguments: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_poregauge"));
    program.env("POREGAUGE_CACHE", "off").current_dir(folder).args(arguments).output().unwrap()
}

/// The exit code.
pub fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

/// What was printed.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The path of a design of the project.
pub fn mesh(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("meshes").join(name).to_string_lossy().into_owned()
}
