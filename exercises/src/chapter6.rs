//! Exercises of chapter 6, one file per page.

pub mod du_euler;
pub mod du_euler_lv;
pub mod du_rr;
pub mod du_rr_rand;
pub mod du_vo;
pub mod introduction;
pub mod lv_identification;
pub mod neural_ode;
pub mod neural_ode_states;
pub mod order;
pub mod ritz_analytic;
