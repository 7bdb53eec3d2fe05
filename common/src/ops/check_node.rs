use super::{exponential, kernel};
use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};
use std::sync::{Arc, OnceLock};

/// The check nodes of a parity-check code: α_e = 2·atanh((1 − margin)·Π tanh(β_f/2)), the product over the other edges f of e's
/// check.
///
/// A message is a log-likelihood ratio. The products without the own factor come from products from the left and from the
/// right, so that no factor is divided out again, and a factor may be zero. Messages may be ±∞; those that leave are finite.
///
/// ```
/// use candle_core::{Device, Tensor};
/// let beta = Tensor::new(&[[1.0, 2.0, f64::INFINITY]], &Device::Cpu)?; // one word, one check with three edges
/// let alpha = common::ops::CheckNode::new(&[3], 0.0)?.forward(&beta)?.to_vec2::<f64>()?;
/// assert!((alpha[0][0] - 2.0).abs() < 1e-14 && (alpha[0][1] - 1.0).abs() < 1e-14);
/// # candle_core::Result::Ok(())
/// ```
#[derive(Clone, Debug)]
pub struct CheckNode {
    sizes: Arc<[usize]>,
    margin: f64,
}

impl CheckNode {
    /// Checks of these numbers of edges; edges are numbered check by check. `margin` (0 to below 1) keeps messages small.
    ///
    /// # Errors
    /// A check without edges, or a margin out of its range.
    pub fn new(sizes: &[usize], margin: f64) -> Result<Self> {
        if sizes.is_empty() || sizes.contains(&0) || !(0.0..1.0).contains(&margin) {
            bail!("check nodes need edges, and a margin from 0 to below 1");
        }
        Ok(Self { sizes: sizes.into(), margin })
    }

    /// The messages α `[K, E]` that leave for the messages β `[K, E]` that arrive.
    ///
    /// # Errors
    /// β has another number of edges.
    pub fn forward(&self, beta: &Tensor) -> Result<Tensor> {
        let (_, edges) = beta.dims2()?;
        if edges != self.sizes.iter().sum::<usize>() {
            bail!("check nodes with {} edges got {edges} messages", self.sizes.iter().sum::<usize>());
        }
        if !kernel::is_fast(beta) {
            return self.forward_plain(beta);
        }
        beta.contiguous()?.apply_op1(Op { node: self.clone(), saved: OnceLock::new() })
    }

    /// [`CheckNode::forward`] by plain candle operations, dense: a row of E factors for each edge. The errors are the same.
    pub fn forward_plain(&self, beta: &Tensor) -> Result<Tensor> {
        let t = (beta * 0.5)?.tanh()?;
        let (mut alpha, mut first) = (vec![], 0);
        for &size in &*self.sizes {
            for own in first..first + size {
                let others = (first..first + size).filter(|&edge| edge != own);
                let mut product = t.narrow(1, own, 1)?.ones_like()?;
                for edge in others {
                    product = (product * t.narrow(1, edge, 1)?)?;
                }
                let q = (product * (1.0 - self.margin))?;
                let bound = 1.0 - f64::EPSILON / 2.0;
                let q = q.clamp(-bound, bound)?;
                alpha.push(((q.affine(1.0, 1.0)? / q.affine(-1.0, 1.0)?)?).log()?);
            }
            first += size;
        }
        Tensor::cat(&alpha, 1)
    }
}

/// tanh(β/2) and the products without the own factor, for the way back.
struct Op {
    node: CheckNode,
    saved: OnceLock<(Vec<f64>, Vec<f64>)>,
}

/// `products[i]` ← the product of all `factors` but the i-th.
fn exclusive_products(factors: &[f64], products: &mut [f64]) {
    let mut left = 1.0;
    for (product, factor) in products.iter_mut().zip(factors) {
        *product = left;
        left *= factor;
    }
    let mut right = 1.0;
    for (product, factor) in products.iter_mut().zip(factors).rev() {
        *product *= right;
        right *= factor;
    }
}

/// `grad[i]` ← Σ_{e≠i} h_e·Π_{f≠e,i} t_f: both running products differentiated, without a division.
fn pull_back_products(t: &[f64], h: &[f64], grad: &mut [f64], left: &mut [f64], right: &mut [f64]) {
    let d = t.len();
    (left[0], right[d - 1]) = (1.0, 1.0);
    for i in 1..d {
        left[i] = left[i - 1] * t[i - 1];
        right[d - 1 - i] = right[d - i] * t[d - i];
    }
    let mut sum = 0.0; // the gradient of the product from the left, as it stands behind factor i
    for i in (0..d).rev() {
        grad[i] = sum * left[i];
        sum = h[i] * right[i] + sum * t[i];
    }
    sum = 0.0;
    for i in 0..d {
        grad[i] += sum * right[i];
        sum = h[i] * left[i] + sum * t[i];
    }
}

impl CustomOp1 for Op {
    fn name(&self) -> &'static str {
        "check_node"
    }

    fn cpu_fwd(&self, beta: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let beta = kernel::entries(beta, layout)?;
        let t = kernel::map(beta, exponential::tanh_half);
        let mut products = vec![0.0; t.len()];
        let edges = layout.dims()[1];
        for (t, products) in t.chunks_exact(edges).zip(products.chunks_exact_mut(edges)) {
            let mut first = 0;
            for &size in &*self.node.sizes {
                exclusive_products(&t[first..first + size], &mut products[first..first + size]);
                first += size;
            }
        }
        let keep = 1.0 - self.node.margin;
        let alpha = kernel::map(&products, move |p| exponential::twice_atanh(keep * p));
        let _ = self.saved.set((t, products));
        Ok((CpuStorage::F64(alpha), layout.shape().clone()))
    }

    fn bwd(&self, beta: &Tensor, _alpha: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let Some((t, products)) = self.saved.get() else {
            bail!("internal error: a check node goes back before it went forward");
        };
        let keep = 1.0 - self.node.margin;
        let edges = beta.dim(1)?;
        let grad = grad.contiguous()?;
        let gradient = kernel::with_entries([&grad], |[g]| {
            // ∂α/∂P = 2c/(1 − c²P²), kept finite where P = ±1
            let h = kernel::map_of(g, products, move |g, p| {
                let q = keep * p;
                let rest = 1.0 - q * q;
                g * (2.0 * keep / if rest < f64::EPSILON { f64::EPSILON } else { rest })
            });
            let mut grad_t = vec![0.0; h.len()];
            let widest = self.node.sizes.iter().copied().max().unwrap_or(0);
            let (mut left, mut right) = (vec![0.0; widest], vec![0.0; widest]);
            let rows = t.chunks_exact(edges).zip(h.chunks_exact(edges)).zip(grad_t.chunks_exact_mut(edges));
            for ((t, h), grad_t) in rows {
                let mut first = 0;
                for &size in &*self.node.sizes {
                    let range = first..first + size;
                    let (t, h, grad_t) = (&t[range.clone()], &h[range.clone()], &mut grad_t[range]);
                    pull_back_products(t, h, grad_t, &mut left[..size], &mut right[..size]);
                    first += size;
                }
            }
            Ok(kernel::map_of(&grad_t, t, |g, t| 0.5 * g * (1.0 - t * t)))
        })?;
        Ok(Some(Tensor::from_vec(gradient, beta.shape(), beta.device())?))
    }
}
