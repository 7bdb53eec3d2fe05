//! Averages of the iterates of a noisy training: the mean of θₖ over late updates is quieter than any θₖ.

use candle_core::{Result, Tensor, Var};

/// The running mean of some parameters' values.
#[derive(Debug, Default)]
pub struct IterateAverage {
    sums: Vec<Vec<f64>>,
    count: usize,
}

impl IterateAverage {
    /// Of nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the present values in.
    ///
    /// # Errors
    /// Parameters other than before.
    // ANCHOR: add
    pub fn add(&mut self, parameters: &[Var]) -> Result<()> {
        self.sums.resize(parameters.len(), vec![]);
        self.count += 1;
        for (mean, parameter) in self.sums.iter_mut().zip(parameters) {
            let values = parameter.flatten_all()?.to_vec1::<f64>()?;
            mean.resize(values.len(), 0.0);
            for (mean, value) in mean.iter_mut().zip(values) {
                *mean += (value - *mean) / self.count as f64; // mean ← mean + (θ − mean)/k
            }
        }
        Ok(())
    }
    // ANCHOR_END: add

    /// How many values were taken in.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The mean of parameter `index`, of the shape of `like`.
    ///
    /// # Errors
    /// No such parameter, or another shape.
    pub fn mean(&self, index: usize, like: &Tensor) -> Result<Tensor> {
        let Some(mean) = self.sums.get(index) else {
            candle_core::bail!("no average of parameter {index}");
        };
        Tensor::from_slice(mean, like.shape(), like.device())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    #[test]
    fn the_mean_of_what_was_taken_in() -> Result<()> {
        let theta = Var::new(&[[1.0, 2.0]], &Device::Cpu)?;
        let mut average = IterateAverage::new();
        for shift in [0.0, 3.0, 6.0] {
            theta.set(&Tensor::new(&[[1.0 + shift, 2.0 - shift]], &Device::Cpu)?)?;
            average.add(std::slice::from_ref(&theta))?;
        }
        assert_eq!(average.mean(0, &theta)?.to_vec2::<f64>()?, [[4.0, -1.0]]);
        assert_eq!(average.count(), 3);
        assert!(average.mean(1, &theta).is_err());
        Ok(())
    }
}
