use super::kernel::{self, Gradients};
use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor, bail};
use std::sync::Arc;

/// The variable nodes of a parity-check code: β_e = ξ_e·(λ_i + Σ α_f), the sum over the other edges f of e's variable i.
#[derive(Clone, Debug)]
pub struct VariableNode {
    variables: Arc<[usize]>,
    count: usize,
}

impl VariableNode {
    /// `variables[e]` is the variable, below `count`, of edge e.
    ///
    /// # Errors
    /// No edge, or an edge to a variable that does not exist.
    pub fn new(variables: &[usize], count: usize) -> Result<Self> {
        if variables.is_empty() || variables.iter().any(|&variable| variable >= count) {
            bail!("variable nodes need edges, each to one of {count} variables");
        }
        Ok(Self { variables: variables.into(), count })
    }

    /// The messages β `[K, E]` that leave for the messages α `[K, E]` that arrive and the channel's λ `[K, n]`; the weights ξ
    /// are one for each edge `[E]`, or one for all (rank 0). Each of α, λ and ξ may be learnable.
    ///
    /// # Errors
    /// Shapes that do not fit.
    pub fn forward(&self, alpha: &Tensor, lambda: &Tensor, weights: &Tensor) -> Result<Tensor> {
        self.check(alpha, lambda, weights)?;
        if !kernel::is_fast(alpha) {
            return self.forward_plain(alpha, lambda, weights);
        }
        alpha.contiguous()?.apply_op3(&lambda.contiguous()?, &weights.contiguous()?, Op(self.clone()))
    }

    /// γ `[K, n]`, γ_i = λ_i + Σ α_e over all edges e of variable i: what everyone says together.
    ///
    /// # Errors
    /// Shapes that do not fit.
    pub fn marginal(&self, alpha: &Tensor, lambda: &Tensor) -> Result<Tensor> {
        alpha.matmul(&self.incidence(alpha)?)? + lambda
    }

    /// [`VariableNode::forward`] by plain candle operations. The errors are the same.
    pub fn forward_plain(&self, alpha: &Tensor, lambda: &Tensor, weights: &Tensor) -> Result<Tensor> {
        self.check(alpha, lambda, weights)?;
        let at_edges = self.marginal(alpha, lambda)?.matmul(&self.incidence(alpha)?.t()?)?;
        (at_edges - alpha)?.broadcast_mul(weights)
    }

    /// `[E, n]`, 1 where edge e ends at variable i.
    fn incidence(&self, like: &Tensor) -> Result<Tensor> {
        let mut entries = vec![0.0; self.variables.len() * self.count];
        for (edge, variable) in self.variables.iter().enumerate() {
            entries[edge * self.count + variable] = 1.0;
        }
        Tensor::from_vec(entries, (self.variables.len(), self.count), like.device())?.to_dtype(like.dtype())
    }

    fn check(&self, alpha: &Tensor, lambda: &Tensor, weights: &Tensor) -> Result<()> {
        let (words, edges) = alpha.dims2()?;
        let weights_fit = weights.rank() == 0 || weights.dims() == [edges];
        if edges != self.variables.len() || lambda.dims() != [words, self.count] || !weights_fit {
            bail!("variable nodes: messages {:?}, channel {:?}, weights {:?} do not fit", alpha, lambda, weights);
        }
        Ok(())
    }
}

struct Op(VariableNode);

impl Op {
    /// Σ over all edges of a variable, and λ: `sums` ← γ of one word.
    fn sums(&self, alpha: &[f64], lambda: &[f64], sums: &mut [f64]) {
        sums.copy_from_slice(lambda);
        for (&variable, alpha) in self.0.variables.iter().zip(alpha) {
            sums[variable] += alpha;
        }
    }
}

impl CustomOp3 for Op {
    fn name(&self) -> &'static str {
        "variable_node"
    }

    fn cpu_fwd(
        &self,
        alpha: &CpuStorage,
        alpha_l: &Layout,
        lambda: &CpuStorage,
        lambda_l: &Layout,
        weights: &CpuStorage,
        weights_l: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (alpha, lambda) = (kernel::entries(alpha, alpha_l)?, kernel::entries(lambda, lambda_l)?);
        let weights = kernel::entries(weights, weights_l)?;
        let (edges, n) = (self.0.variables.len(), self.0.count);
        let (mut beta, mut sums) = (Vec::with_capacity(alpha.len()), vec![0.0; n]);
        for (alpha, lambda) in alpha.chunks_exact(edges).zip(lambda.chunks_exact(n)) {
            self.sums(alpha, lambda, &mut sums);
            let outgoing = self.0.variables.iter().zip(alpha).enumerate();
            beta.extend(outgoing.map(|(e, (&i, alpha))| weights[e % weights.len()] * (sums[i] - alpha)));
        }
        Ok((CpuStorage::F64(beta), alpha_l.shape().clone()))
    }

    /// With h_e = ξ_e·g_e: ∂λ_i = Σ h_e over i's edges, ∂α_e = ∂λ_i − h_e, and ∂ξ_e = Σ g_e·β_e/ξ_e over the words.
    fn bwd(&self, alpha: &Tensor, lambda: &Tensor, weights: &Tensor, _: &Tensor, g: &Tensor) -> Result<Gradients> {
        let (edges, n) = (self.0.variables.len(), self.0.count);
        let inputs = [alpha, lambda, weights, &g.contiguous()?];
        let (da, dl, dw) = kernel::with_entries(inputs, |[alpha, lambda, weights, g]| {
            let (mut da, mut dl, mut dw) = (vec![0.0; alpha.len()], vec![0.0; lambda.len()], vec![0.0; weights.len()]);
            let mut sums = vec![0.0; n];
            let words = alpha.chunks_exact(edges).zip(lambda.chunks_exact(n)).zip(g.chunks_exact(edges));
            let grads = da.chunks_exact_mut(edges).zip(dl.chunks_exact_mut(n));
            for (((alpha, lambda), g), (da, dl)) in words.zip(grads) {
                self.sums(alpha, lambda, &mut sums);
                for (e, &i) in self.0.variables.iter().enumerate() {
                    let w = e % weights.len();
                    if g[e] != 0.0 {
                        dw[w] += g[e] * (sums[i] - alpha[e]); // 0·∞ is nothing here
                    }
                    da[e] = weights[w] * g[e];
                    dl[i] += da[e];
                }
                for (e, &i) in self.0.variables.iter().enumerate() {
                    da[e] = dl[i] - da[e];
                }
            }
            Ok((da, dl, dw))
        })?;
        Ok((kernel::gradient(alpha, || da)?, kernel::gradient(lambda, || dl)?, kernel::gradient(weights, || dw)?))
    }
}
