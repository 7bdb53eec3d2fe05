//! Chapter 5: decoding, detection, consensus, stabilisation and images.
//!
//! One module per notebook of the book, in the book's order; each is also a program of its own. [`codes`] and [`rates`] serve
//! the decoders, [`plant`] the two sections on control.

use common::section::{Chapter, Entry};

pub mod autoencoder;
pub mod bp_decoding;
pub mod bp_train;
pub mod bp_weights;
pub mod codes;
pub mod consensus_schedules;
pub mod du_consensus;
pub mod du_stabilize;
pub mod du_stabilize_sde;
pub mod mimo_channels;
pub mod mimo_detection;
pub mod mmse_function;
pub mod mnist_constraints;
pub mod mnist_reconstruction;
pub mod network;
pub mod plant;
pub mod rates;
pub mod stabilize_losses;

/// The chapter, as the program `chapter5` runs it.
pub const CHAPTER: Chapter = Chapter {
    name: "chapter5",
    title: "decoding, detection, consensus, stabilisation and images",
    sections: &[
        Entry::of::<bp_decoding::BpDecoding>(),
        Entry::of::<bp_train::BpTrain>(),
        Entry::of::<mimo_detection::MimoDetection>(),
        Entry::of::<mmse_function::MmseFunction>(),
        Entry::of::<autoencoder::Autoencoder>(),
        Entry::of::<du_consensus::DuConsensus>(),
        Entry::of::<du_stabilize::DuStabilize>(),
        Entry::of::<du_stabilize_sde::DuStabilizeSde>(),
        Entry::of::<mnist_reconstruction::MnistReconstruction>(),
    ],
    questions: &[
        Entry::of::<bp_weights::BpWeights>(),
        Entry::of::<consensus_schedules::ConsensusSchedules>(),
        Entry::of::<stabilize_losses::StabilizeLosses>(),
        Entry::of::<mimo_channels::MimoChannels>(),
        Entry::of::<mnist_constraints::MnistConstraints>(),
    ],
};
