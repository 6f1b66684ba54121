//! Views of the report, one format a file. A renderer counts nothing and decides nothing.

mod advice;
pub mod comparison;
pub mod csv;
pub mod github;
pub mod html;
pub mod inspection;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod sarif;
pub mod svg;
pub mod text;
