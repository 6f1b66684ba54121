//! Memory budgets. Nothing is allocated on a file header's word: sizes are checked against the budget first, and the
//! allocation itself may fail without ending the process.

/// How much memory a run may use. It decides whether a run is possible, never what a figure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes that the fields of one design may take.
    pub memory: u64,
}

/// A size that does not fit the budget or the machine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} needs {} of memory, {} may be used: {remedy}", bytes(*needed), bytes(*limit))]
pub struct LimitError {
    /// What was to be allocated.
    pub what: String,
    /// Bytes that it takes.
    pub needed: u64,
    /// Bytes that there are.
    pub limit: u64,
    /// What the user can do.
    pub remedy: &'static str,
}

const REMEDY: &str = "raise --memory, choose a coarser --resolution or crop the file";

impl Default for Limits {
    /// Four fifths of the machine's memory where the system tells it, else 8 GiB.
    fn default() -> Self {
        let total = std::fs::read("/proc/meminfo").ok().and_then(|text| {
            let text = String::from_utf8_lossy(&text).into_owned();
            let line = text.lines().find(|l| l.starts_with("MemTotal:"))?;
            line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib * 1024)
        });
        Self { memory: total.map_or(8 << 30, |bytes| bytes / 5 * 4) }
    }
}

impl Limits {
    /// Refuses a size that does not fit.
    ///
    /// # Errors
    /// When `items` of `bytes_each` bytes exceed the budget.
    pub fn check(&self, what: &str, items: u64, bytes_each: u64) -> Result<(), LimitError> {
        let needed = items.saturating_mul(bytes_each);
        if needed <= self.memory {
            Ok(())
        } else {
            Err(LimitError { what: what.to_owned(), needed, limit: self.memory, remedy: REMEDY })
        }
    }

    /// A vector of `len` copies of `value`, or an error where the budget or the machine does not have it.
    ///
    /// # Errors
    /// When the vector exceeds the budget, or the system refuses the memory.
    pub fn try_vec<T: Clone>(&self, what: &str, len: usize, value: T) -> Result<Vec<T>, LimitError> {
        self.check(what, len as u64, size_of::<T>() as u64)?;
        let mut items = Vec::new();
        items.try_reserve_exact(len).map_err(|_| LimitError {
            what: what.to_owned(),
            needed: (len * size_of::<T>()) as u64,
            limit: self.memory,
            remedy: REMEDY,
        })?;
        items.resize(len, value);
        Ok(items)
    }
}

/// A byte count for people: `1.5 GiB`.
#[must_use]
pub fn bytes(count: u64) -> String {
    #[allow(clippy::cast_precision_loss, reason = "shown with three digits")]
    let mut value = count as f64;
    let mut unit = "B";
    for next in ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"] {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = next;
    }
    format!("{} {unit}", crate::units::significant(value, 3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_beyond_the_budget_is_an_error() {
        let limits = Limits { memory: 1 << 20 };
        assert_eq!(limits.try_vec("field", 10, 0u8).unwrap().len(), 10);
        let error = limits.try_vec("field", 1 << 40, 0u64).unwrap_err();
        assert_eq!(error.needed, 1 << 43);
        assert!(error.to_string().contains("8 TiB"), "{error}");
        assert!(limits.check("field", u64::MAX, u64::MAX).is_err());
    }
}
