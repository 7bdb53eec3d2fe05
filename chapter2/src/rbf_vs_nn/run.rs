//! One fit of the many.

use common::{context::Finished, table::Table};

use super::Method;

/// One fit: a method, a size, a target, a seed.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// The method
    pub method: Method,
    /// The size
    pub n: usize,
    /// Whether the target is noisy
    pub noisy: bool,
    /// Which seed, from 0
    pub repetition: u64,
}

impl Run {
    /// What is left of it if a later one diverges.
    pub fn finished(&self, history: &Table) -> Finished {
        let Self { method, n, noisy, repetition } = self;
        let target = if *noisy { "noisy" } else { "clean" };
        Finished::new(format!("{}_{n}_{target}_{}", method.name(), repetition + 1), history.clone())
    }
}
