//! Progress on a terminal: the stage at work, for runs that take longer than a second.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::parallel::{Progress, Silent};

struct Spinner(ProgressBar);

impl Progress for Spinner {
    fn stage(&self, name: &str) {
        self.0.set_message(name.to_owned());
    }
}

/// A spinner that names the stage, and the bar to clear at the end; nothing when standard error is no terminal.
pub fn spinner(wanted: bool) -> (Arc<dyn Progress>, Option<ProgressBar>) {
    if !wanted || !std::io::stderr().is_terminal() {
        return (Arc::new(Silent), None);
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {wide_msg}") {
        bar.set_style(style);
    }
    // The first tick comes after a second: short runs show nothing.
    bar.enable_steady_tick(Duration::from_secs(1));
    (Arc::new(Spinner(bar.clone())), Some(bar))
}
