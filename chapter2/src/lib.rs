//! Chapter 2: learnable modules, what "learning" means, and doing it with a framework.
//!
//! One module per section, in the book's order; each is also a program of its own.

use common::program::Program;

pub mod analytic;
pub mod autodiff;
pub mod compact_domain;
pub mod device;
pub mod gradient_descent;
pub mod rbf;
pub mod rbf_vs_nn;
pub mod regression;
pub mod three_layer_nn;

/// The sections in the book's order, as the program `chapter2` runs them.
pub const SECTIONS: [Program; 6] = [
    Program::of::<autodiff::Autodiff>(),
    Program::of::<gradient_descent::GradientDescent>(),
    Program::of::<device::DeviceDemo>(),
    Program::of::<regression::Regression>(),
    Program::of::<rbf::Rbf>(),
    Program::of::<three_layer_nn::ThreeLayerNn>(),
];

/// Answers to questions of the reading group, by experiment.
pub const QUESTIONS: [Program; 3] = [
    Program::of::<rbf_vs_nn::RbfVsNn>(),
    Program::of::<analytic::Analytic>(),
    Program::of::<compact_domain::CompactDomain>(),
];
