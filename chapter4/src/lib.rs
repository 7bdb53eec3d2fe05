//! Chapter 4: sparse recovery, binary quadratic programs, and relaxation of fixed-point maps.
//!
//! One module per section, in the book's order; each is also a program of its own. [`sparse`] and [`relaxation`] have what
//! several of them share.

use common::section::{Chapter, Entry};

pub mod bqp;
pub mod du_ista;
pub mod finite_dataset;
pub mod ista;
pub mod jacobi;
pub mod psor;
pub mod relaxation;
pub mod sparse;

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
    questions: &[],
};
