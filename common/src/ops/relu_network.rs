use super::{FixedMap, kernel};
use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};
use std::sync::OnceLock;

impl FixedMap {
    /// relu(A·W)·v `[m]` for W `[n, p]` and fixed output weights v `[p]`: a network with one hidden layer of p units, on inputs that
    /// are the rows of A.
    ///
    /// One node, so that backward makes one pass over the hidden layer where plain operations make five.
    ///
    /// # Errors
    /// Shapes that do not fit, or tensors that differ in element type or device.
    pub fn relu_network(&self, weights: &Tensor, output: &Tensor) -> Result<Tensor> {
        let (n, p) = weights.dims2()?;
        if self.matrix().dim(1)? != n || output.dims() != [p] {
            let inputs = self.matrix().dim(1)?;
            bail!(
                "a network on {inputs} inputs got weights {:?} and output weights {:?}",
                weights.dims(),
                output.dims()
            );
        }
        if ![weights, output, self.matrix()].into_iter().all(kernel::is_fast) {
            return self.relu_network_plain(weights, output);
        }
        let output = output.detach().contiguous()?;
        weights.contiguous()?.apply_op1(Network { inputs: self.clone(), output, hidden: OnceLock::new() })
    }

    /// [`FixedMap::relu_network`] by plain candle operations. The errors are the same.
    pub fn relu_network_plain(&self, weights: &Tensor, output: &Tensor) -> Result<Tensor> {
        self.matmul_plain(weights)?.relu()?.matmul(&output.detach().unsqueeze(1)?)?.squeeze(1)
    }
}

struct Network {
    inputs: FixedMap,
    output: Tensor,
    /// A·W `[m, p]`
    hidden: OnceLock<Vec<f64>>,
}

impl CustomOp1 for Network {
    fn name(&self) -> &'static str {
        "relu_network"
    }

    fn cpu_fwd(&self, weights: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let weights = kernel::entries(weights, layout)?;
        let ((m, n), p) = (self.inputs.matrix().dims2()?, layout.dims()[1]);
        let (hidden, y) = kernel::with_entries([self.inputs.matrix(), &self.output], |[inputs, output]| {
            let hidden = kernel::matmul(inputs, weights, [m, n, p]);
            // NaN stays, so that a divergence is seen
            let unit = |h: &[f64]| kernel::sum_of(h, output, |h, v| if h < 0.0 { 0.0 } else { h * v });
            let y: Vec<f64> = hidden.chunks_exact(p).map(unit).collect();
            Ok((hidden, y))
        })?;
        let _ = self.hidden.set(hidden); // a node is computed once
        Ok((CpuStorage::F64(y), Shape::from(m)))
    }

    /// ∂W = (Aᵀ·diag g)·D with Dⱼᵣ = vᵣ·relu′((A·W)ⱼᵣ); at 0 the slope is 1, as candle has it.
    fn bwd(&self, weights: &Tensor, _y: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let ((n, p), m) = (weights.dims2()?, grad.elem_count());
        let hidden = self.hidden.get().map_or(&[][..], Vec::as_slice);
        let grad = grad.contiguous()?;
        let gradient =
            kernel::with_entries([self.inputs.transpose(), &self.output, &grad], |[transpose, output, g]| {
                let slopes = kernel::map_of(hidden, output, |h, v| if h < 0.0 { 0.0 } else { v });
                let scaled = kernel::map_of(transpose, g, |x, g| x * g);
                Ok(kernel::matmul(&scaled, &slopes, [n, m, p]))
            })?;
        Tensor::from_vec(gradient, weights.shape(), weights.device()).map(Some)
    }
}
