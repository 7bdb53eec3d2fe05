//! `sec5_bp_train`: a check node without tanh.

// ANCHOR: task
/// The messages of a check by the min-sum rule, one to each of its bits: the product of the signs of all *other* `beta`, and the least of
/// their absolute values.
pub fn min_sum(beta: &[f64]) -> Vec<f64> {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    // ANCHOR: solution
    /// The messages of a check by the min-sum rule, one to each of its bits: the product of the signs of all *other* `beta`, and the least of
    /// their absolute values.
    pub fn min_sum(beta: &[f64]) -> Vec<f64> {
        let sign: f64 = beta.iter().map(|b| b.signum()).product();
        let (mut least, mut second, mut place) = (f64::INFINITY, f64::INFINITY, 0); // two absolute values are enough for all
        for (i, b) in beta.iter().enumerate() {
            match b.abs() {
                size if size < least => (least, second, place) = (size, least, i),
                size => second = second.min(size),
            }
        }
        let message = |(i, b): (usize, &f64)| sign * b.signum() * if i == place { second } else { least };
        beta.iter().enumerate().map(message).collect()
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Tensor};
    use common::{ops::CheckNode, sampling};

    fn check(f: fn(&[f64]) -> Vec<f64>) -> anyhow::Result<()> {
        let rng = &mut sampling::rng(1, 0);
        let exact = CheckNode::new(&[8], 1e-8)?;
        for _ in 0..200 {
            let beta: Vec<f64> = sampling::normal_vec(8, rng).iter().map(|b| 3.0 * b).collect();
            let messages = f(&beta);
            let by_tanh =
                exact.forward(&Tensor::new(&beta[..], &Device::Cpu)?.unsqueeze(0)?)?.get(0)?.to_vec1::<f64>()?;
            for i in 0..8 {
                let others = || (0..8).filter(|j| *j != i).map(|j| beta[j]);
                let least = others().map(f64::abs).fold(f64::INFINITY, f64::min);
                assert_eq!(messages[i], least * others().map(f64::signum).product::<f64>());
                assert!(messages[i] * by_tanh[i] > 0.0 && messages[i].abs() > by_tanh[i].abs()); // too certain, always
            }
        }
        Ok(())
    }

    #[test]
    fn solution() -> anyhow::Result<()> {
        check(super::solution::min_sum)
    }

    #[test]
    #[ignore = "your turn"]
    fn task() -> anyhow::Result<()> {
        check(super::min_sum)
    }
}
