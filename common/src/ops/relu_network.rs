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
        weights.contiguous()?.apply_op1(Network { inputs: self.clone(), output, slopes: OnceLock::new() })
    }

    /// [`FixedMap::relu_network`] by plain candle operations. The errors are the same.
    pub fn relu_network_plain(&self, weights: &Tensor, output: &Tensor) -> Result<Tensor> {
        self.matmul_plain(weights)?.relu()?.matmul(&output.detach().unsqueeze(1)?)?.squeeze(1)
    }
}

struct Network {
    inputs: FixedMap,
    output: Tensor,
    /// Dⱼᵣ = vᵣ·relu′((A·W)ⱼᵣ) `[m, p]`; at 0 the slope is 1, as candle has it
    slopes: OnceLock<Vec<f64>>,
}

impl CustomOp1 for Network {
    fn name(&self) -> &'static str {
        "relu_network"
    }

    fn cpu_fwd(&self, weights: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let weights = kernel::entries(weights, layout)?;
        let ((m, n), p) = (self.inputs.matrix().dims2()?, layout.dims()[1]);
        let (y, slopes) = kernel::with_entries([self.inputs.matrix(), &self.output], |[inputs, output]| {
            let mut hidden = kernel::matmul(inputs, weights, [m, n, p]);
            let mut y = Vec::with_capacity(m);
            for hidden in hidden.chunks_exact_mut(p) {
                // NaN stays, so that a divergence is seen
                y.push(kernel::sum_of(hidden, output, |h, v| if h < 0.0 { 0.0 } else { h * v }));
                kernel::map_of_in_place(hidden, output, |h, v| if h < 0.0 { 0.0 } else { v });
            }
            Ok((y, hidden))
        })?;
        let _ = self.slopes.set(slopes); // a node is computed once
        Ok((CpuStorage::F64(y), Shape::from(m)))
    }

    /// ∂W = (Aᵀ·diag g)·D.
    fn bwd(&self, weights: &Tensor, _y: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let ((n, p), m) = (weights.dims2()?, grad.elem_count());
        let slopes = self.slopes.get().map_or(&[][..], Vec::as_slice);
        let grad = grad.contiguous()?;
        let gradient = kernel::with_entries([self.inputs.transpose(), &grad], |[transpose, g]| {
            let scaled = kernel::map_of(transpose, g, |x, g| x * g);
            Ok(kernel::matmul(&scaled, slopes, [n, m, p]))
        })?;
        Tensor::from_vec(gradient, weights.shape(), weights.device()).map(Some)
    }
}
