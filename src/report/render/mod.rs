//! Views of the report, one format a file. A renderer counts nothing and decides nothing.

pub mod json;
pub mod text;
