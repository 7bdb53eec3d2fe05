//! Exercises of chapter 3, one file per page.

pub mod deep_unfolding;
pub mod du_gd;
pub mod least_squares;
pub mod noisy_gd;
pub mod pgd;
pub mod quadratic;
pub mod rastrigin;
pub mod ridge;
pub mod training_modes;
