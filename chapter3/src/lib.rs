//! Chapter 3: deep unfolding of gradient descent.
//!
//! One module per section, in the book's order; each is also a program of its own.

use common::section::{Chapter, Entry};

pub mod du_gd;
pub mod least_squares;
pub mod noisy_gd;
pub mod pgd;
pub mod quadratic;
pub mod rastrigin;
pub mod ridge;
pub mod training_modes;

/// The chapter, as the program `chapter3` runs it.
pub const CHAPTER: Chapter = Chapter {
    name: "chapter3",
    title: "deep unfolding of gradient descent",
    sections: &[
        Entry::of::<du_gd::DuGd>(),
        Entry::of::<quadratic::Quadratic>(),
        Entry::of::<least_squares::LeastSquares>(),
        Entry::of::<ridge::Ridge>(),
        Entry::of::<noisy_gd::NoisyGd>(),
        Entry::of::<pgd::Pgd>(),
        Entry::of::<rastrigin::Rastrigin>(),
    ],
    questions: &[Entry::of::<training_modes::TrainingModes>()],
};
