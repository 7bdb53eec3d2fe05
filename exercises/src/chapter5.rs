//! Exercises of chapter 5, one file per page.

pub mod autoencoder;
pub mod bp_decoding;
pub mod bp_train;
pub mod bp_weights;
pub mod consensus_schedules;
pub mod du_consensus;
pub mod du_stabilize;
pub mod du_stabilize_sde;
pub mod mimo_channels;
pub mod mimo_detection;
pub mod mmse_function;
pub mod mnist_constraints;
pub mod mnist_reconstruction;
pub mod stabilize_losses;
