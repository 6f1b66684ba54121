//! Why a file cannot be used: whose fault, where, and what to do.

use std::fmt;

/// What is wrong, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputErrorKind {
    /// It cannot be opened or read.
    Unreadable,
    /// It has no content.
    Empty,
    /// Its format is not known.
    UnknownFormat,
    /// Its format or a feature of it is known and not supported.
    Unsupported,
    /// It ends before its content does.
    Truncated,
    /// It breaks the rules of its format.
    Malformed,
    /// It holds NaN or infinity.
    NonFinite,
    /// It has no spacing and none was given.
    NoSpacing,
    /// It does not fit the memory budget.
    TooLarge,
}

impl InputErrorKind {
    /// Name in machine-readable reports.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Unreadable => "input.unreadable",
            Self::Empty => "input.empty",
            Self::UnknownFormat => "input.unknown_format",
            Self::Unsupported => "input.unsupported",
            Self::Truncated => "input.truncated",
            Self::Malformed => "input.malformed",
            Self::NonFinite => "input.non_finite",
            Self::NoSpacing => "input.no_spacing",
            Self::TooLarge => "input.too_large",
        }
    }

    /// What helps as a rule, where a reader knows nothing better.
    const fn remedy(self) -> &'static str {
        match self {
            Self::Unreadable => "check the path and its permissions",
            Self::Empty | Self::Malformed => "export or save it again",
            Self::UnknownFormat => "export it in a format that is read",
            Self::Unsupported => "save it in a plainer form, unpacked and with 8 or 16 bits a voxel",
            Self::Truncated => "copy the file again",
            Self::NonFinite => "replace what is no number, or export it again",
            Self::NoSpacing => "give --spacing",
            Self::TooLarge => "raise --memory, or crop it",
        }
    }
}

/// Why a file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct InputError {
    /// What is wrong.
    pub kind: InputErrorKind,
    /// In words that continue the file's name.
    pub message: String,
    /// Where: a byte, a line, a triangle, a page.
    pub at: Option<String>,
    /// What the user can do.
    pub remedy: Option<String>,
}

impl InputError {
    /// An error without place, with the usual remedy of its kind.
    #[must_use]
    pub fn new(kind: InputErrorKind, message: String) -> Self {
        Self { kind, message, at: None, remedy: Some(kind.remedy().to_owned()) }
    }

    /// The same with its place.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.at = Some(place.into());
        self
    }

    /// The same with what to do.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.message)?;
        if let Some(at) = &self.at {
            write!(f, " ({at})")?;
        }
        if let Some(remedy) = &self.remedy {
            write!(f, ": {remedy}")?;
        }
        Ok(())
    }
}

impl From<crate::limits::LimitError> for InputError {
    fn from(error: crate::limits::LimitError) -> Self {
        // Its text ends with what to do.
        Self { remedy: None, ..Self::new(InputErrorKind::TooLarge, error.to_string()) }
    }
}
