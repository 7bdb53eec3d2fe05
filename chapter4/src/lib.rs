//! Chapter 4: sparse recovery, binary quadratic programs, and relaxation of fixed-point maps.
//!
//! One module per section, in the book's order; each is also a program of its own. [`sparse`] and [`relaxation`] have what
//! several of them share.

use common::section::{Chapter, Entry};

pub mod bqp;
pub mod bqp_exact;
pub mod du_ista;
pub mod finite_dataset;
pub mod generalisation;
pub mod ista;
pub mod jacobi;
pub mod learned_omega;
pub mod psor;
pub mod relaxation;
pub mod sparse;
pub mod speedups;

/// The chapter, as the program `chapter4` runs it.
pub const CHAPTER: Chapter = Chapter {
    name: "chapter4",
    title: "sparse recovery, binary quadratic programs, relaxation",
    sections: &[
        Entry::of::<ista::IstaDemo>(),
        Entry::of::<du_ista::DuIsta>(),
        Entry::of::<finite_dataset::FiniteData>(),
        Entry::of::<bqp::DuBqp>(),
        Entry::of::<psor::DuPsor>(),
        Entry::of::<jacobi::DuJacobi>(),
    ],
    questions: &[
        Entry::of::<speedups::Speedups>(),
        Entry::of::<learned_omega::LearnedOmega>(),
        Entry::of::<generalisation::Generalisation>(),
        Entry::of::<bqp_exact::BqpExact>(),
    ],
};
