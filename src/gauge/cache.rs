//! Results of designs that have not changed.
//!
//! An entry is found by the SHA-256 of all that can change it: the bytes of the file, every option and criterion, the
//! schema of reports, and the program itself. It carries a digest of key and content, so that one that was cut short,
//! edited or put under another key is not believed: the design is measured again. A secret goes into the digest, so that
//! who can write to the folder but does not know it cannot make an entry that is believed. Only designs that could be
//! measured are kept.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::run::Run;
use crate::input::stands_alone;
use crate::report::{DesignEntry, SCHEMA};

/// A folder of results.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: PathBuf,
    program: String,
}

impl Cache {
    /// A cache in this folder, whose entries only those can make who know the secret; `None` when the program cannot tell
    /// which one it is.
    #[must_use]
    pub fn new(folder: PathBuf, secret: &[u8]) -> Option<Self> {
        let program = std::env::current_exe().ok().and_then(|path| std::fs::read(path).ok())?;
        Some(Self { folder, program: hex(&[&program, secret]) })
    }

    /// What a design's result is found by; `None` when it depends on more than its file.
    #[must_use]
    pub fn key(&self, file: &Path, run: &Run) -> Option<String> {
        let data = std::fs::read(file).ok()?;
        let asked = run.fingerprint();
        let all = [&data[..], asked.as_bytes(), SCHEMA.as_bytes(), self.program.as_bytes()];
        stands_alone(&data).then(|| hex(&all))
    }

    fn path(&self, key: &str) -> PathBuf {
        self.folder.join(&key[..2]).join(format!("{}.json", &key[2..]))
    }

    /// The result under a key, if there is one that can be believed.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<DesignEntry> {
        let text = std::fs::read_to_string(self.path(key)).ok()?;
        let (digest, body) = text.split_once('\n')?;
        if digest != hex(&[key.as_bytes(), body.as_bytes(), self.program.as_bytes()]) {
            return None;
        }
        serde_json::from_str(body).ok()
    }

    /// Keeps a result. A cache that cannot be written is no reason to fail.
    pub fn put(&self, key: &str, entry: &DesignEntry) {
        let Ok(body) = serde_json::to_string(entry) else { return };
        let path = self.path(key);
        let Some(folder) = path.parent() else { return };
        let digest = hex(&[key.as_bytes(), body.as_bytes(), self.program.as_bytes()]);
        let write = || -> std::io::Result<()> {
            std::fs::create_dir_all(folder)?;
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            std::io::Write::write_all(&mut file, format!("{digest}\n{body}").as_bytes())?;
            file.persist(&path).map_err(|e| e.error)?;
            Ok(())
        };
        let _ = write();
    }
}

/// Bytes of a secret that is made here.
const SECRET: usize = 32;

/// The secret in this file; where there is none yet a random one is put there, which only this user can read. `None` when
/// that cannot be done, or the file holds something else.
#[must_use]
pub fn secret_in(file: &Path) -> Option<Vec<u8>> {
    if !file.exists() {
        let folder = file.parent()?;
        std::fs::create_dir_all(folder).ok()?;
        let mut made = [0; SECRET];
        getrandom::fill(&mut made).ok()?;
        // Temporary files are for their owner only; whoever comes first wins.
        let mut new = tempfile::NamedTempFile::new_in(folder).ok()?;
        std::io::Write::write_all(&mut new, &made).ok()?;
        let _ = new.persist_noclobber(file);
    }
    std::fs::read(file).ok().filter(|secret| secret.len() == SECRET)
}

/// SHA-256 of parts, each behind its length, in hexadecimal.
fn hex(parts: &[&[u8]]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    }
    digest.finalize().iter().map(|b| format!("{b:02x}")).collect()
}
