//! Exercises of chapter 2, one file per page.

pub mod analytic;
pub mod autodiff;
pub mod compact_domain;
pub mod device;
pub mod gradient_descent;
pub mod rbf;
pub mod rbf_vs_nn;
pub mod regression;
pub mod reverse_mode;
pub mod rust;
pub mod step_counts;
pub mod three_layer_nn;
