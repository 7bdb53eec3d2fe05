//! Chapter 3: deep unfolding of gradient descent.
//!
//! One module per section, in the book's order; each is also a program of its own. [`linear_model`] has the problems that
//! four of them share.

use common::program::Program;

pub mod du_gd;
pub mod least_squares;
pub mod linear_model;
pub mod noisy_gd;
pub mod pgd;
pub mod quadratic;
pub mod rastrigin;
pub mod ridge;

/// The sections in the book's order, as the program `chapter3` runs them.
pub const SECTIONS: [Program; 7] = [
    Program::of::<du_gd::DuGd>(),
    Program::of::<quadratic::Quadratic>(),
    Program::of::<least_squares::LeastSquares>(),
    Program::of::<ridge::Ridge>(),
    Program::of::<noisy_gd::NoisyGd>(),
    Program::of::<pgd::Pgd>(),
    Program::of::<rastrigin::Rastrigin>(),
];
