//! What a training minimises.

/// What is minimised, of the errors E₁ … E_t of a network of t iterations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objective {
    /// E_t
    Last,
    /// log E_t
    LogLast,
    /// Σ Eₖ/t
    Mean,
    /// Σ log Eₖ/t
    MeanLog,
}

impl Objective {
    /// Its value for `errors` E₀ … E_t, and its slope in each of them.
    // ANCHOR: objective
    pub fn of(self, errors: &[f64]) -> (f64, Vec<f64>) {
        let (depth, only_last) = (errors.len() - 1, matches!(self, Self::Last | Self::LogLast));
        let share = |k| match k {
            0 => 0.0,
            _ if only_last => f64::from(u8::from(k == depth)),
            _ => 1.0 / depth as f64,
        };
        let value = |error: f64| match self {
            Self::Last | Self::Mean => (error, 1.0),
            Self::LogLast | Self::MeanLog => (error.max(f64::MIN_POSITIVE).ln(), error.max(f64::MIN_POSITIVE).recip()),
        };
        let terms = errors.iter().enumerate().map(|(k, &error)| (share(k), value(error)));
        let total = terms.clone().map(|(share, (value, _))| share * value).sum();
        (total, terms.map(|(share, (_, slope))| share * slope).collect())
    }
    // ANCHOR_END: objective
}
