//! Manual pages: of the program, of one command, or all of them into a folder.

use std::path::Path;

use clap::CommandFactory;

use super::args::Cli;
use super::{Failure, output};
use crate::report::Status;

/// Prints the page of the program, or of a command such as `check` or `criteria show`.
pub fn print(command: &[String]) -> Result<Status, Failure> {
    let mut program = Cli::command();
    program.build();
    let mut page = &program;
    for name in command {
        page = page.find_subcommand(name).ok_or_else(|| {
            Failure::Message(format!("no command `{}`: `poregauge --help` lists them", command.join(" ")))
        })?;
    }
    let mut buffer = Vec::new();
    clap_mangen::Man::new(page.clone())
        .render(&mut buffer)
        .map_err(|e| Failure::Message(format!("the manual page cannot be made: {e}")))?;
    output::print(&String::from_utf8_lossy(&buffer))
}

/// Writes the pages of the program and of all its commands.
pub fn write(folder: &Path) -> Result<Status, Failure> {
    std::fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(Cli::command(), folder))
        .map_err(|e| Failure::Message(format!("{} cannot be written: {e}", folder.display())))?;
    output::say(&format!("wrote the manual pages into {}", folder.display()));
    Ok(Status::Fine)
}
