use anyhow::{Result, ensure};
use candle_core::{Device, Tensor, Var};

use crate::{ops, optim};

/// The period of a schedule, as `--period` takes it: a whole number, or `free` for an entry per iteration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// T entries
    Of(usize),
    /// As many as iterations
    Free,
}

impl Period {
    /// The number of entries for a network of `depth` iterations.
    pub fn length(self, depth: usize) -> usize {
        match self {
            Self::Of(period) => period,
            Self::Free => depth,
        }
    }

    /// For names of files and columns: `T8`, `free`.
    pub fn name(self) -> String {
        match self {
            Self::Of(period) => format!("T{period}"),
            Self::Free => "free".into(),
        }
    }

    /// For legends: `T = 8`, `each iteration its own`.
    pub fn label(self) -> String {
        match self {
            Self::Of(period) => format!("T = {period}"),
            Self::Free => "each iteration its own".into(),
        }
    }

    /// Reads `text`; for clap's `value_parser`.
    pub fn parse(text: &str) -> std::result::Result<Self, String> {
        const MAX: usize = 1000;
        match text.parse() {
            _ if text == "free" => Ok(Self::Free),
            Ok(period) if (1..=MAX).contains(&period) => Ok(Self::Of(period)),
            _ => Err(format!("must be a whole number from 1 to {MAX}, or 'free'")),
        }
    }
}

impl std::fmt::Display for Period {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Of(period) => period.fmt(f),
            Self::Free => f.write_str("free"),
        }
    }
}

impl serde::Serialize for Period {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A number (or vector, or matrix) for each iteration, with period T: iteration k uses entry k mod T.
///
/// With as many entries as iterations it is free; with one entry it is a constant.
#[derive(Debug, Clone)]
pub struct Schedule {
    name: &'static str,
    entries: Var,
    learning_rate: Option<f64>,
}

impl Schedule {
    /// A schedule that stays as it is; `entries` is `[T]`, or `[T, …]` for vectors and matrices.
    pub fn fixed(name: &'static str, entries: &Tensor) -> Result<Self> {
        let entries = optim::parameter(entries)?;
        ensure!(entries.rank() > 0 && entries.dim(0)? > 0, "{name}: a schedule needs an entry");
        Ok(Self { name, entries, learning_rate: None })
    }

    /// The same `value` in each iteration.
    pub fn constant(name: &'static str, value: f64, device: &Device) -> Result<Self> {
        Self::fixed(name, &Tensor::new(&[value], device)?)
    }

    /// A schedule to learn, by an Adam of this learning rate, from `entries`.
    pub fn learned(name: &'static str, entries: &Tensor, learning_rate: f64) -> Result<Self> {
        Ok(Self { learning_rate: Some(learning_rate), ..Self::fixed(name, entries)? })
    }

    /// What it is: `step_size`, …
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The entry of iteration `k`, from 0; a number has rank 0.
    pub fn at(&self, k: usize) -> Result<Tensor> {
        Ok(ops::entry(&self.entries, k % self.period())?)
    }

    /// The period T.
    pub fn period(&self) -> usize {
        self.entries.dims()[0]
    }

    /// All entries, `[T, …]`; what is learned, if it is.
    pub fn parameter(&self) -> &Var {
        &self.entries
    }

    /// A copy of all entries that later updates leave alone, `[T, …]`.
    pub fn copy(&self) -> Result<Tensor> {
        Ok(self.entries.as_detached_tensor().copy()?)
    }

    /// The learning rate of what is learned; none for what is fixed.
    pub fn learning_rate(&self) -> Option<f64> {
        self.learning_rate
    }

    /// The present entries, one after the other.
    pub fn values(&self) -> Result<Vec<f64>> {
        Ok(self.entries.flatten_all()?.to_vec1()?)
    }
}
