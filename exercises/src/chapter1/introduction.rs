//! `chapter1`: a loop that decides itself when to end, differentiated.

// ANCHOR: task
/// √a for a > 0 and its derivative: Heron's x ← (x + a/x)/2 from x = 1 + a, as long as x falls; beside x stands dx/da.
pub fn root_and_derivative(a: f64) -> [f64; 2] {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    // ANCHOR: solution
    /// √a for a > 0 and its derivative: Heron's x ← (x + a/x)/2 from x = 1 + a, as long as x falls; beside x stands dx/da.
    pub fn root_and_derivative(a: f64) -> [f64; 2] {
        let (mut x, mut slope) = (1.0 + a, 1.0);
        loop {
            let next = (x + a / x) / 2.0;
            if next >= x {
                return [x, slope];
            }
            slope = (slope + (x - a * slope) / (x * x)) / 2.0; // the quotient rule, with the x before the step
            x = next;
        }
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use anyhow::Context;
    use candle_core::{Device, Var};

    /// The slope of the same loop by backprop.
    fn backprop(a: f64) -> anyhow::Result<f64> {
        let a = Var::new(a, &Device::Cpu)?;
        let mut x = (a.as_tensor() + 1.0)?;
        loop {
            let next = ((&x + a.div(&x)?)? / 2.0)?;
            if next.to_scalar::<f64>()? >= x.to_scalar()? {
                break;
            }
            x = next;
        }
        Ok(x.backward()?.get(&a).context("x depends on a")?.to_scalar()?)
    }

    fn check(f: fn(f64) -> [f64; 2]) -> anyhow::Result<()> {
        for a in [1e-6, 0.01, 0.5, 1.0, 2.0, 10.0, 1e8] {
            let ([x, slope], known) = (f(a), 0.5 / a.sqrt());
            assert!((x / a.sqrt() - 1.0).abs() < 1e-15, "√{a}: {x}");
            assert!((slope / backprop(a)? - 1.0).abs() < 1e-12, "{a}: {slope} against backprop's {}", backprop(a)?);
            assert!((slope / known - 1.0).abs() < 1e-12, "{a}: {slope} against {known}");
        }
        Ok(())
    }

    #[test]
    fn solution() -> anyhow::Result<()> {
        check(super::solution::root_and_derivative)
    }

    #[test]
    #[ignore = "your turn"]
    fn task() -> anyhow::Result<()> {
        check(super::root_and_derivative)
    }
}
