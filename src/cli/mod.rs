//! The command line: arguments into calls of the library, results onto standard output, all else onto standard error.

mod args;
mod changes;
mod config;
mod criteria;
mod designs;
mod export;
mod man;
mod network;
mod output;
mod progress;
mod reference;
mod settings;
mod sweep;
mod values;

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};

use crate::report::Status;
use args::{Cli, Command, CriteriaCommand, MaterialsCommand, ReportCommand, TableCommand};

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
    let parsed = Cli::command().try_get_matches_from(arguments).and_then(|matches| {
        let mut cli = Cli::from_arg_matches(&matches)?;
        let run = match &mut cli.command {
            Command::Check(arguments) => Some(&mut arguments.run),
            Command::Measure(arguments) => Some(&mut arguments.run),
            Command::Timeline(arguments) => Some(&mut arguments.run),
            _ => None,
        };
        if let (Some(run), Some((_, matches))) = (run, matches.subcommand()) {
            let at = |name: &str| matches.indices_of(name).map(Iterator::collect::<Vec<_>>).unwrap_or_default();
            run.pair(&at("format"), &at("output"))
                .map_err(|what| Cli::command().error(ErrorKind::ArgumentConflict, what))?;
        }
        Ok(cli)
    });
    let cli = match parsed {
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
        Command::Inspect(arguments) => designs::inspect(&arguments),
        Command::Network(arguments) => network::network(&arguments),
        Command::Compare(arguments) => changes::compare(&arguments),
        Command::Adjust(arguments) => changes::adjust(&arguments),
        Command::Timeline(arguments) => designs::timeline(arguments),
        Command::Materials { command } => match command {
            MaterialsCommand::List => reference::materials_list(),
            MaterialsCommand::Show { name } => reference::material_show(&name),
            MaterialsCommand::Match { porosity, strut } => sweep::materials_match(porosity, strut),
        },
        Command::Tissues { command } => match command {
            TableCommand::List => reference::tissues_list(),
            TableCommand::Show { name } => reference::tissue_show(&name),
        },
        Command::Processes { command } => match command {
            TableCommand::List => reference::processes_list(),
            TableCommand::Show { name } => reference::process_show(&name),
        },
        Command::Generate(arguments) => export::generate(arguments),
        Command::Criteria { command } => match command {
            CriteriaCommand::List => reference::criteria_list(),
            CriteriaCommand::Show { name } => reference::criteria_show(&name),
            CriteriaCommand::Validate { files } => reference::criteria_validate(&files),
            CriteriaCommand::Schema => output::print(&pretty(&crate::criteria::schema())),
        },
        Command::Report { command: ReportCommand::Schema } => output::print(&pretty(&crate::report::schema())),
        Command::Explain { check, criteria } => reference::explain(&check, &criteria),
        Command::Init => init(),
        Command::Completions { shell } => {
            let mut buffer = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "poregauge", &mut buffer);
            output::print(&String::from_utf8_lossy(&buffer))
        }
        Command::Man { folder: Some(folder), .. } => man::write(&folder),
        Command::Man { command, folder: None } => man::print(&command),
    }
}

/// Writes the commented configuration where there is none.
fn init() -> Result<Status, Failure> {
    let path = std::path::Path::new(config::NAME);
    if path.exists() {
        return Err(Failure::Message(format!("{} exists already: edit it, or remove it first", config::NAME)));
    }
    output::write_file(path, |out| out.write_all(config::TEMPLATE.as_bytes()))?;
    output::say(&format!("wrote {}: set `files` to your designs, then run `poregauge check`", config::NAME));
    Ok(Status::Fine)
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
