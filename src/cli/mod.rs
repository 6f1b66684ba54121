//! The command line: arguments into calls of the library, results onto standard output, all else onto standard error.

mod args;
mod designs;
mod export;
mod output;
mod progress;
mod reference;

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use crate::report::Status;
use args::{Cli, Command, CriteriaCommand, ReportCommand};

/// Why a command ends without a result; the text is for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Something has to be put right first.
    Message(String),
    /// The reader of the output went away: no reason to complain.
    ClosedPipe,
    /// The user interrupted.
    Interrupted,
}

impl From<crate::parallel::Cancelled> for Failure {
    fn from(_: crate::parallel::Cancelled) -> Self {
        Self::Interrupted
    }
}

/// Runs the command and returns its exit code: 0 every design passes, 1 some fails or is inconclusive, 2 undecided, 130
/// interrupted.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(e) => {
            let fine = matches!(e.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            // A closed pipe is no reason to fail a help text.
            let _ = e.print();
            return if fine { 0 } else { Status::Undecided.code() };
        }
    };
    match dispatch(cli) {
        Ok(status) => status.code(),
        Err(Failure::ClosedPipe) => 0,
        Err(Failure::Interrupted) => 130,
        Err(Failure::Message(text)) => {
            output::complain(&text);
            Status::Undecided.code()
        }
    }
}

fn dispatch(cli: Cli) -> Result<Status, Failure> {
    match cli.command {
        Command::Check(arguments) => designs::check(arguments),
        Command::Measure(arguments) => designs::measure(arguments),
        Command::Generate(arguments) => export::generate(arguments),
        Command::Criteria { command } => match command {
            CriteriaCommand::List => reference::criteria_list(),
            CriteriaCommand::Show { name } => reference::criteria_show(&name),
            CriteriaCommand::Validate { files } => reference::criteria_validate(&files),
            CriteriaCommand::Schema => output::print(&pretty(&crate::criteria::schema())),
        },
        Command::Report { command: ReportCommand::Schema } => output::print(&pretty(&crate::report::schema())),
        Command::Explain { check, criteria } => reference::explain(&check, &criteria),
        Command::Completions { shell } => {
            let mut buffer = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "poregauge", &mut buffer);
            output::print(&String::from_utf8_lossy(&buffer))
        }
        Command::Man => {
            let mut buffer = Vec::new();
            clap_mangen::Man::new(Cli::command())
                .render(&mut buffer)
                .map_err(|e| Failure::Message(format!("the manual page cannot be made: {e}")))?;
            output::print(&String::from_utf8_lossy(&buffer))
        }
    }
}

fn pretty(value: &serde_json::Value) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }
}
