//! Chapter 3: deep unfolding of gradient descent.
//!
//! One module per section, in the book's order; each is also a program of its own.

use common::program::Program;

pub mod least_squares;
pub mod linear_model;

/// The sections in the book's order, as the program `chapter3` runs them.
pub const SECTIONS: [Program; 1] = [Program::of::<least_squares::LeastSquares>()];
