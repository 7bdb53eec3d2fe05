//! Exercises of chapter 4, one file per page.

pub mod bqp_exact;
pub mod du_bqp;
pub mod du_ista;
pub mod du_jacobi;
pub mod du_psor;
pub mod finite_dataset;
pub mod generalisation;
pub mod ista;
pub mod learned_omega;
pub mod proximal_unfolding;
pub mod speedups;
