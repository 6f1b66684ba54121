//! The command `poregauge`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(poregauge::cli::run(std::env::args_os()))
}
