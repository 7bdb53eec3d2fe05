//! What is compared.

use crate::approximation;

/// What is compared: a model and how it learns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Radial basis functions, the best weights at once
    LeastSquares,
    /// Radial basis functions by Adam
    Rbf,
    /// A network of rectified linear units by Adam
    Relu,
    /// A network of hyperbolic tangents by Adam
    Tanh,
}

impl Method {
    /// All of them, in the order of the figures.
    pub const ALL: [Self; 4] = [Self::LeastSquares, Self::Rbf, Self::Relu, Self::Tanh];

    /// How many parameters a model "of n" has.
    pub fn num_parameters(self, n: usize) -> usize {
        match self {
            Self::LeastSquares | Self::Rbf => n,
            Self::Relu | Self::Tanh => 3 * approximation::num_hidden(n) + 1,
        }
    }

    /// Name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::LeastSquares => "rbf_least_squares",
            Self::Rbf => "rbf",
            Self::Relu => "relu",
            Self::Tanh => "tanh",
        }
    }

    /// Name in figures and summaries.
    pub fn label(self) -> &'static str {
        match self {
            Self::LeastSquares => "RBF, least squares",
            Self::Rbf => "RBF, Adam",
            Self::Relu => "relu network",
            Self::Tanh => "tanh network",
        }
    }
}
