//! Figures (in the making).
