use super::{FixedMap, kernel};
use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};
use std::sync::OnceLock;

impl FixedMap {
    /// ‖A·θ − y‖² for a vector θ `[n]`, rank 0: the loss of a linear model whose features are the rows of A. `y` `[m]` is data.
    ///
    /// One node where plain operations make three.
    ///
    /// # Errors
    /// Shapes that do not fit, or tensors that differ in element type or device.
    pub fn squared_error(&self, theta: &Tensor, y: &Tensor) -> Result<Tensor> {
        self.sum(theta, [y, y], Term::Error)
    }

    /// [`FixedMap::squared_error`] by plain candle operations. The errors are the same.
    pub fn squared_error_plain(&self, theta: &Tensor, y: &Tensor) -> Result<Tensor> {
        (self.matmul_plain(theta)? - y.detach())?.sqr()?.sum_all()
    }

    /// Σᵢ aᵢ(A·θ)ᵢ² + bᵢ(A·θ)ᵢ for a vector θ `[n]`, rank 0, with fixed weights `a` and `b` `[m]`: a sum that stands for an
    /// integral, a cost with weights. One node, as [`FixedMap::squared_error`].
    ///
    /// # Errors
    /// As [`FixedMap::squared_error`].
    pub fn quadratic(&self, theta: &Tensor, a: &Tensor, b: &Tensor) -> Result<Tensor> {
        self.sum(theta, [a, b], Term::Quadratic)
    }

    /// [`FixedMap::quadratic`] by plain candle operations. The errors are the same.
    pub fn quadratic_plain(&self, theta: &Tensor, a: &Tensor, b: &Tensor) -> Result<Tensor> {
        let x = self.matmul_plain(theta)?;
        ((x.sqr()? * a.detach())? + (x * b.detach())?)?.sum_all()
    }

    fn sum(&self, theta: &Tensor, weights: [&Tensor; 2], term: Term) -> Result<Tensor> {
        let (m, n) = self.matrix().dims2()?;
        if theta.dims() != [n] || weights.iter().any(|w| w.dims() != [m]) {
            let [a, b] = weights.map(Tensor::dims);
            bail!("a loss of a map of {n} inputs and {m} outputs got θ {:?} and {a:?}, {b:?}", theta.dims());
        }
        if n == 0 || ![theta, self.matrix(), weights[0], weights[1]].into_iter().all(kernel::is_fast) {
            return match term {
                Term::Error => self.squared_error_plain(theta, weights[0]),
                Term::Quadratic => self.quadratic_plain(theta, weights[0], weights[1]),
            };
        }
        let weights = [weights[0].contiguous()?, weights[1].contiguous()?];
        theta.contiguous()?.apply_op1(Sum { map: self.clone(), weights, term, slopes: OnceLock::new() })
    }
}

#[derive(Clone, Copy)]
enum Term {
    /// (xᵢ − yᵢ)²
    Error,
    /// aᵢxᵢ² + bᵢxᵢ
    Quadratic,
}

struct Sum {
    map: FixedMap,
    weights: [Tensor; 2],
    term: Term,
    /// The derivative of each term
    slopes: OnceLock<Vec<f64>>,
}

impl CustomOp1 for Sum {
    fn name(&self) -> &'static str {
        "fixed_map_loss"
    }

    fn cpu_fwd(&self, theta: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let theta = kernel::entries(theta, layout)?;
        let [a, b] = &self.weights;
        let (sum, slopes) = kernel::with_entries([self.map.transpose(), a, b], |[transpose, a, b]| {
            let mut x = kernel::matmul(theta, transpose, [1, theta.len(), a.len()]);
            Ok(match self.term {
                Term::Error => {
                    kernel::map_of_in_place(&mut x, a, |x, y| x - y);
                    let sum = kernel::sum_of(&x, &x, |error, _| error * error);
                    kernel::map_in_place(&mut x, |error| 2.0 * error);
                    (sum, x)
                }
                Term::Quadratic => {
                    let mut squares = kernel::map_of(&x, a, |x, a| a * x);
                    let slopes = kernel::map_of(&squares, b, |ax, b| ax + b);
                    kernel::map_of_in_place(&mut squares, b, |ax, b| 2.0 * ax + b);
                    (kernel::sum_of(&x, &slopes, |x, slope| x * slope), squares)
                }
            })
        })?;
        let _ = self.slopes.set(slopes); // a node is computed once
        Ok((CpuStorage::F64(vec![sum]), Shape::from(())))
    }

    /// ∂θ = g·Aᵀs with the slopes s.
    fn bwd(&self, theta: &Tensor, _sum: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let g = grad.to_scalar::<f64>()?;
        let slopes = self.slopes.get().map_or(&[][..], Vec::as_slice);
        let mut gradient = kernel::with_entries([self.map.matrix()], |[matrix]| {
            Ok(kernel::matmul(slopes, matrix, [1, slopes.len(), theta.elem_count()]))
        })?;
        kernel::map_in_place(&mut gradient, move |slope| g * slope);
        Tensor::from_vec(gradient, theta.shape(), theta.device()).map(Some)
    }
}
