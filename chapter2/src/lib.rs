//! chapter2
