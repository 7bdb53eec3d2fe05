//! `sec5_consensus_schedules`: what an order makes of rounding errors.

// ANCHOR: task
/// How many times the machine precision rounding leaves in the end, in order of magnitude: an error made in iteration k is as large as x is
/// there, 1 or max_λ |Π_{j ≤ k} (1 − ηⱼλ)|, and grows by max_λ |Π_{j > k} (1 − ηⱼλ)| from there on. The largest of these counts.
pub fn rounding(step_sizes: &[f64], eigenvalues: &[f64]) -> f64 {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    use common::unfolding::theory::polynomial;

    // ANCHOR: solution
    /// How many times the machine precision rounding leaves in the end, in order of magnitude: an error made in iteration k is as large as x is
    /// there, 1 or max_λ |Π_{j ≤ k} (1 − ηⱼλ)|, and grows by max_λ |Π_{j > k} (1 − ηⱼλ)| from there on. The largest of these counts.
    pub fn rounding(step_sizes: &[f64], eigenvalues: &[f64]) -> f64 {
        let largest = |steps: &[f64]| eigenvalues.iter().map(|l| polynomial(steps, *l).abs()).fold(0.0, f64::max);
        let of = |k: usize| largest(&step_sizes[..k]).max(1.0) * largest(&step_sizes[k..]);
        (1..=step_sizes.len()).map(of).fold(0.0, f64::max)
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use candle_core::Device;
    use chapter5::{
        consensus_schedules::{
            Graph,
            theory::{finite_time, leja},
        },
        du_consensus::{KARATE, laplacian},
    };
    use common::{sampling, unfolding::theory::chebyshev_step_sizes};

    fn check(f: fn(&[f64], &[f64]) -> f64) -> anyhow::Result<()> {
        assert_eq!(f(&[1.0, 3.0, 0.5], &[2.0]), 1.0); // the last factor is 0: what is left is its own rounding error
        assert_eq!(f(&[0.5, 3.0, 1.0], &[2.0]), 5.0); // made in the first iteration, and multiplied by −5 and −1 then
        let graph = Graph::new(&KARATE)?;
        let lambda = &graph.eigenvalues;
        let l = laplacian(&KARATE, 34, &Device::Cpu)?;
        let start = sampling::normal_matrix(34, 1, &mut sampling::rng(1, 0), &Device::Cpu)?;
        let counted = |steps: &[f64]| -> anyhow::Result<f64> {
            let mut x = start.clone();
            for eta in steps {
                x = (&x - (l.matmul(&x)? * *eta)?)?;
            }
            Ok(x.broadcast_sub(&x.mean_all()?)?.sqr()?.sum_all()?.sqrt()?.to_scalar::<f64>()? / f64::EPSILON)
        };
        for mut short in [chebyshev_step_sizes(lambda, 75), finite_time(lambda)] {
            short.sort_by(f64::total_cmp);
            let long: Vec<f64> = short.iter().rev().copied().collect();
            for (steps, good) in [(&short, false), (&long, false), (&leja(&short), short.len() == 75)] {
                let (estimate, counted) = (f(steps, lambda), counted(steps)?);
                let near = 0.02 * estimate < counted && counted < 20.0 * estimate;
                // with Chebyshev steps in a good order rounding is below what 75 iterations leave in exact arithmetic
                assert!(if good { estimate < 20.0 && counted < 1e7 } else { near }, "{estimate:e} {counted:e}");
            }
        }
        Ok(())
    }

    #[test]
    fn solution() -> anyhow::Result<()> {
        check(super::solution::rounding)
    }

    #[test]
    #[ignore = "your turn"]
    fn task() -> anyhow::Result<()> {
        check(super::rounding)
    }
}
