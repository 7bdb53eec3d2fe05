//! Chapter 6: differential equations, variational problems and neural ODEs, learned through their solvers.
//!
//! One module per section, in the book's order; each is also a program of its own.

use common::section::{Chapter, Entry};

pub mod euler;
pub mod lotka_volterra;
pub mod lv_identification;
pub mod neural_ode;
pub mod neural_ode_states;
pub mod observations;
pub mod order;
pub mod rayleigh_ritz;
pub mod rayleigh_ritz_random;
pub mod ritz_analytic;
pub mod variational;

/// The chapter, as the program `chapter6` runs it.
pub const CHAPTER: Chapter = Chapter {
    name: "chapter6",
    title: "differential equations, variational problems and neural ODEs, learned through their solvers",
    sections: &[
        Entry::of::<euler::Euler>(),
        Entry::of::<lotka_volterra::EulerLv>(),
        Entry::of::<rayleigh_ritz::RayleighRitz>(),
        Entry::of::<rayleigh_ritz_random::RayleighRitzRandom>(),
        Entry::of::<variational::Variational>(),
        Entry::of::<neural_ode::NeuralOde>(),
    ],
    questions: &[
        Entry::of::<order::Order>(),
        Entry::of::<lv_identification::LvIdentification>(),
        Entry::of::<ritz_analytic::RitzAnalytic>(),
        Entry::of::<neural_ode_states::NeuralOdeStates>(),
    ],
};
