//! What the sections share: nothing here reads a file, a clock, the environment or a terminal.
//!
//! A section describes its experiment with [`sampling`], [`loss`], [`optim`], [`training`], [`unfolding`] and [`ops`], its
//! figure with [`figure`], and says what it is through [`section`]; the package `shell` makes a program of it.

pub mod basis;
pub mod config;
pub mod context;
pub mod ensemble;
pub mod estimation;
pub mod gradient_check;
pub mod linalg;
pub mod linear_model;
pub mod loss;
pub mod ode;
pub mod ops;
pub mod optim;
pub mod quadrature;
pub mod sampling;
pub mod section;
pub mod statistics;
pub mod table;
pub mod training;
pub mod unfolding;

pub use figure;
