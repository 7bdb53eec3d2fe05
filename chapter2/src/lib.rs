//! Chapter 2: learnable modules, what "learning" means, and doing it with a framework.
//!
//! One module per section, in the book's order; each is also a program of its own.

use common::section::{Chapter, Entry};

pub mod analytic;
pub mod approximation;
pub mod autodiff;
pub mod compact_domain;
pub mod device;
pub mod gradient_descent;
pub mod rbf;
pub mod rbf_vs_nn;
pub mod regression;
pub mod reverse_mode;
pub mod step_counts;
pub mod three_layer_nn;

/// The chapter, as the program `chapter2` runs it.
pub const CHAPTER: Chapter = Chapter {
    name: "chapter2",
    title: "learnable modules, what \"learning\" means, and doing it with a framework",
    sections: &[
        Entry::of::<autodiff::Autodiff>(),
        Entry::of::<gradient_descent::GradientDescent>(),
        Entry::of::<device::DeviceDemo>(),
        Entry::of::<regression::Regression>(),
        Entry::of::<rbf::Rbf>(),
        Entry::of::<three_layer_nn::ThreeLayerNn>(),
    ],
    questions: &[
        Entry::of::<reverse_mode::ReverseMode>(),
        Entry::of::<step_counts::StepCounts>(),
        Entry::of::<rbf_vs_nn::RbfVsNn>(),
        Entry::of::<analytic::Analytic>(),
        Entry::of::<compact_domain::CompactDomain>(),
    ],
};
