use candle_core::{Device, Tensor, Var};

use crate::ops;

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

    /// For legends: `T = 8`, `a step for each iteration`.
    pub fn label(self) -> String {
        match self {
            Self::Of(period) => format!("T = {period}"),
            Self::Free => "each iteration its own".into(),
        }
    }

    /// Reads `text`; for clap's `value_parser`.
    pub fn parse(text: &str) -> Result<Self, String> {
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
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A learnable number per iteration, with period T: iteration k uses entry k mod T.
///
/// With as many entries as iterations it is free; with one entry it is a constant.
#[derive(Debug, Clone)]
pub struct Schedule(Var);

impl Schedule {
    /// The schedule of these values, at least one.
    pub fn new(values: &[f64], device: &Device) -> anyhow::Result<Self> {
        Ok(Self(Var::new(values, device)?))
    }

    /// `period` (≥ 1) times the same `value`.
    pub fn constant(value: f64, period: usize, device: &Device) -> anyhow::Result<Self> {
        Self::new(&vec![value; period], device)
    }

    /// The number of iteration `k`, from 0; rank 0.
    // ANCHOR: at
    pub fn at(&self, k: usize) -> anyhow::Result<Tensor> {
        Ok(ops::entry(&self.0, k % self.period())?)
    }
    // ANCHOR_END: at

    /// The period T.
    pub fn period(&self) -> usize {
        self.0.elem_count()
    }

    /// What is learned, `[T]`.
    pub fn parameter(&self) -> Var {
        self.0.clone()
    }

    /// The present values.
    pub fn values(&self) -> anyhow::Result<Vec<f64>> {
        Ok(self.0.to_vec1()?)
    }
}
