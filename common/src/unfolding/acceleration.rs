use anyhow::Result;
use candle_core::Tensor;

/// An iteration accelerated as in FISTA: it starts at z = x + βₖ(x − previous x), with βₖ = (tₖ − 1)/tₖ₊₁,
/// tₖ₊₁ = (1 + √(1 + 4tₖ²))/2 and t₀ = 1.
///
/// `iterate` is the iteration from z. The state is x `[K, n]` at first, and then `[K, 2, n]`: the present and the previous point.
/// [`present`] is the estimate that it stands for.
// ANCHOR: accelerated
pub fn accelerated(k: usize, state: &Tensor, iterate: impl FnOnce(&Tensor) -> Result<Tensor>) -> Result<Tensor> {
    let point = present(state)?;
    let mut z = point.clone();
    if k > 0 {
        let previous = state.narrow(1, 1, 1)?.squeeze(1)?;
        z = (&point + ((&point - previous)? * momentum(k))?)?;
    }
    Ok(Tensor::stack(&[&iterate(&z)?, &point], 1)?)
}

/// βₖ for k ≥ 1.
fn momentum(k: usize) -> f64 {
    let next = |t: f64| (1.0 + (1.0 + 4.0 * t * t).sqrt()) / 2.0;
    let t = (1..k).fold(1.0, |t, _| next(t));
    (t - 1.0) / next(t)
}
// ANCHOR_END: accelerated

/// The present point `[K, n]` of a state of [`accelerated`]; x itself before the first iteration.
pub fn present(state: &Tensor) -> Result<Tensor> {
    Ok(if state.rank() == 2 { state.clone() } else { state.narrow(1, 0, 1)?.squeeze(1)?.contiguous()? })
}
