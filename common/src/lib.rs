//! What the chapters of the companion share.

pub mod ops;
pub mod plot;
