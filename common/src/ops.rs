//! Operations with hand-written derivatives, nearly as fast as the matrix products underneath.
//!
//! | operation | value | learnable |
//! |---|---|---|
//! | [`FixedMap::forward`] | x·Aᵀ, that is A·x for each row of a batch | x |
//! | [`FixedMap::matmul`] | A·θ | θ |
//! | [`FixedMap::relu_network`] | relu(A·W)·v | W |
//! | [`AffineStep::forward`] | x − η(Gx − b) | x, η, b |
//! | [`AffineStep::forward_ridge`] | x − η((G + λI)x − b) | x, η, λ, b |
//! | [`AffineStep::forward_shrink`] | S_τ(x − η(Gx − b)) | x, η, τ, b |
//! | [`AffineStep::forward_hardtanh`] | hardtanh(α(x − η(Gx − b))) | x, η, α, b |
//! | [`soft_threshold`], [`scaled_hardtanh`] | S_τ(x), hardtanh(αx), entry by entry | x, τ or α |
//! | [`entry`] | ηᵢ, one entry of a learnable vector | η |
//! | [`elementwise`] | f(x), entry by entry | x |
//! | [`gradient_step`] | x − ηf′(x), entry by entry | x, η |
//! | [`relu`], [`hardtanh`] | max(0, x), x projected to [−1, 1] | x |
//! | [`sin_2pi`], [`cos_2pi`] | sin 2πx, cos 2πx of a number | – |
//! | [`FixedMap::squared_error`] | ‖A·θ − y‖² | θ |
//! | [`FixedMap::quadratic`] | Σ aᵢ(A·θ)ᵢ² + bᵢ(A·θ)ᵢ | θ |
//! | [`Rollout::forward`], [`Rollout::last`] | the states x₁ … x_N of x ← f(x, θ), or x_N | x₀, θ |
//! | [`Rollout::last_entry`] | an entry of x_N | x₀, θ |
//! | [`crate::loss::sum_squared_error`] | Σ(x − t)² | x, t |
//! | [`CheckNode::forward`] | 2·atanh of a product of tanh(β/2), without the own one | β |
//! | [`VariableNode::forward`] | ξ(λ + Σα), without the own α | α, λ, ξ |
//! | [`dense`] | f(xW + b) | x, W, b |
//! | [`softmax_squared_error`] | Σ‖one-hot − softmax(z)‖² | z |
//! | [`update_in_place`] | an optimizer's update of a parameter | – |
//!
//! candle's own `matmul` computes the gradient of both operands, of data as well as of parameters, and every candle
//! operation between two matrix products costs a pass over fresh memory, forward and twice backward. The operations
//! here make only the gradients that somebody needs. They are ordinary nodes of candle's graph: put a `relu`, a
//! projection or a shrink between two of them as between any others.
//!
//! The fast paths are for `f64` on the CPU; elsewhere the same calls run plain candle operations. The plain
//! form of each operation is public (`*_plain`, or candle's own `relu`): it is the definition, and the tests
//! hold the fast path against it. Results do not depend on the number of threads, bit for bit.

mod affine_step;
mod check_node;
mod dense;
mod elementwise;
mod entry;
mod entrywise;
mod exponential;
mod fixed_map;
mod fixed_map_loss;
mod gradient_step;
mod in_place;
pub(crate) mod kernel;
mod relu_network;
mod rollout;
mod softmax_error;
mod step_then;
mod trigonometry;
mod variable_node;

pub use affine_step::AffineStep;
pub use check_node::CheckNode;
pub use dense::{Activation, dense, dense_plain};
pub use elementwise::{elementwise, elementwise_plain, hardtanh, relu};
pub use entry::{entry, entry_plain};
pub use entrywise::{scaled_hardtanh, scaled_hardtanh_plain, soft_threshold, soft_threshold_plain};
pub use fixed_map::FixedMap;
pub use gradient_step::{gradient_step, gradient_step_plain};
pub use in_place::update_in_place;
pub(crate) use kernel::vectorised;
pub use rollout::{LinearRecurrence, Recurrence, Rollout};
pub use softmax_error::{softmax_squared_error, softmax_squared_error_plain};
pub use trigonometry::{cos_2pi, sin_2pi};
pub use variable_node::VariableNode;
