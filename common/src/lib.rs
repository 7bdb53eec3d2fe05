//! What the chapters of the companion share.
//!
//! A section describes its experiment with [`sampling`], [`loss`], [`optim`], [`training`], [`unfolding`] and [`ops`], its
//! figure with [`plot`], and becomes a program through [`section`] and [`program`].

pub mod artifacts;
pub mod checkpoint;
pub mod config;
pub mod context;
pub mod device;
pub mod ensemble;
pub mod gradient_check;
pub mod linalg;
pub mod loss;
pub mod ops;
pub mod optim;
pub mod plot;
pub mod process;
pub mod program;
pub mod sampling;
pub mod section;
pub mod statistics;
pub mod table;
pub mod training;
pub mod unfolding;
