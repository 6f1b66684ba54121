//! Where results go: standard output, or a file that appears whole or not at all.

use std::io::{self, Write};
use std::path::Path;
use std::sync::Mutex;

use super::Failure;
use crate::report::Status;

/// The unfinished file, removed when the user interrupts.
static UNFINISHED: Mutex<Option<std::path::PathBuf>> = Mutex::new(None);

/// Ends at once on Ctrl-C, with 130 and no half file.
pub fn end_on_interrupt() {
    // Without a handler the system's default ends the program as well, only less tidily.
    let _ = ctrlc::set_handler(|| {
        if let Ok(mut path) = UNFINISHED.lock()
            && let Some(path) = path.take()
        {
            let _ = std::fs::remove_file(path);
        }
        #[allow(clippy::exit, reason = "the handler runs beside the work and has nothing to return to")]
        std::process::exit(130);
    });
}

/// Prints to standard output; a reader that went away is no error.
pub fn print(text: &str) -> Result<Status, Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|e| {
        if e.kind() == io::ErrorKind::BrokenPipe {
            Failure::ClosedPipe
        } else {
            Failure::Message(format!("standard output cannot be written: {e}"))
        }
    })?;
    Ok(Status::Fine)
}

/// Says what is wrong on standard error.
pub fn complain(text: &str) {
    let _ = writeln!(io::stderr().lock(), "error: {text}");
}

/// Says something on standard error.
pub fn say(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Makes the folder of a file that will be written, and says now, not after the work, when it cannot be written.
pub fn make_room(path: &Path) -> Result<(), Failure> {
    let folder = folder_of(path);
    let wrong = |e: &io::Error| Failure::Message(format!("{} cannot be written: {e}", path.display()));
    std::fs::create_dir_all(folder).map_err(|e| wrong(&e))?;
    if path.is_dir() {
        return Err(Failure::Message(format!("{} cannot be written: it is a folder", path.display())));
    }
    tempfile::Builder::new().prefix(".poregauge-").tempfile_in(folder).map_err(|e| wrong(&e))?;
    Ok(())
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(p) if !p.as_os_str().is_empty() => p,
        _ => Path::new("."),
    }
}

/// Writes a file under a temporary name beside it and renames it when it is whole.
pub fn write_file(path: &Path, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let wrong = |e: &io::Error| Failure::Message(format!("{} cannot be written: {e}", path.display()));
    let mut file =
        tempfile::Builder::new().prefix(".poregauge-").tempfile_in(folder_of(path)).map_err(|e| wrong(&e))?;
    if let Ok(mut unfinished) = UNFINISHED.lock() {
        *unfinished = Some(file.path().to_owned());
    }
    let mut buffer = io::BufWriter::new(file.as_file_mut());
    fill(&mut buffer).and_then(|()| buffer.flush()).map_err(|e| wrong(&e))?;
    drop(buffer);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // Temporary files are private; results are as readable as other files.
        let _ = file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644));
    }
    file.persist(path).map_err(|e| wrong(&e.error))?;
    if let Ok(mut unfinished) = UNFINISHED.lock() {
        *unfinished = None;
    }
    Ok(())
}
