//! `sec5_bp_decoding`: a check node for any message.

// ANCHOR: task
/// What a check makes of two messages, 2 tanh⁻¹(tanh(a/2)·tanh(b/2)), also where tanh is 1 in all its digits: sign(a)·sign(b)·min(|a|, |b|)
/// + log(1 + exp(−|a + b|)) − log(1 + exp(−|a − b|)).
pub fn check(a: f64, b: f64) -> f64 {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    // ANCHOR: solution
    /// What a check makes of two messages, 2 tanh⁻¹(tanh(a/2)·tanh(b/2)), also where tanh is 1 in all its digits: sign(a)·sign(b)·min(|a|, |b|)
    /// + log(1 + exp(−|a + b|)) − log(1 + exp(−|a − b|)).
    pub fn check(a: f64, b: f64) -> f64 {
        let least = a.abs().min(b.abs()) * a.signum() * b.signum();
        least + (-(a + b).abs()).exp().ln_1p() - (-(a - b).abs()).exp().ln_1p()
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use chapter5::{bp_decoding::enumerate, codes::Code};

    fn check(f: fn(f64, f64) -> f64) {
        for a in [-4.0, -0.3, 0.0, 1.0, 7.0f64] {
            for b in [-5.0, -1.0, 0.0, 0.2, 4.0f64] {
                let product = (a / 2.0).tanh() * (b / 2.0).tanh();
                assert!((f(a, b) - 2.0 * product.atanh()).abs() < 1e-12, "{a} {b}");
            }
        }
        assert!((2.0 * ((800.0f64 / 2.0).tanh() * (801.0f64 / 2.0).tanh()).atanh()).is_infinite()); // the formula itself
        assert!((f(800.0, 801.0) - (800.0 - (-1f64).exp().ln_1p())).abs() < 1e-12);
        assert!((f(-800.0, 3.0) + 3.0).abs() < 1e-12);
        // γ₄ of the page's tree: from bit 3, which has heard of bits 1, 2, and from the check with bits 5, 6
        let lambda = [4.080940, 0.665420, -0.079657, -0.321414, 1.879190, 2.526772];
        let posterior = lambda[3] + lambda[2] + f(lambda[0], lambda[1]) + f(lambda[4], lambda[5]);
        assert!((posterior - enumerate(&Code::tree(), &lambda)[3]).abs() < 1e-12, "{posterior}");
    }

    #[test]
    fn solution() {
        check(super::solution::check);
    }

    #[test]
    #[ignore = "your turn"]
    fn task() {
        check(super::check);
    }
}
