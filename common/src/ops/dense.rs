use super::{exponential, kernel, kernel::Gradients};
use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor};

/// What follows a dense layer, entry by entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// Nothing
    Identity,
    /// max(0, z), with slope 1 at 0 as candle has it
    Relu,
    /// tanh z
    Tanh,
}

/// f(xW + b) for each row of a batch x `[K, n]`, with W `[n, m]` and b `[m]`, as one node; each of the three may be learnable.
///
/// # Errors
/// Shapes that do not fit, or tensors that differ in element type or device.
pub fn dense(x: &Tensor, weights: &Tensor, bias: &Tensor, activation: Activation) -> Result<Tensor> {
    let fast = [x, weights, bias].into_iter().all(kernel::is_fast);
    let fits = x.rank() == 2 && weights.dims2()?.0 == x.dims()[1] && bias.dims() == &weights.dims()[1..];
    if !fast || !fits {
        return dense_plain(x, weights, bias, activation);
    }
    x.contiguous()?.apply_op3(&weights.contiguous()?, &bias.contiguous()?, Dense(activation))
}

/// [`dense`] by plain candle operations. The errors are the same.
pub fn dense_plain(x: &Tensor, weights: &Tensor, bias: &Tensor, activation: Activation) -> Result<Tensor> {
    let z = x.matmul(weights)?.broadcast_add(bias)?;
    match activation {
        Activation::Identity => Ok(z),
        Activation::Relu => z.relu(),
        Activation::Tanh => z.tanh(),
    }
}

struct Dense(Activation);

/// The transpose of a row-major matrix of `columns` columns.
fn transpose(matrix: &[f64], columns: usize) -> Vec<f64> {
    (0..columns).flat_map(|j| matrix.iter().skip(j).step_by(columns).copied()).collect()
}

impl CustomOp3 for Dense {
    fn name(&self) -> &'static str {
        "dense"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_l: &Layout,
        w: &CpuStorage,
        w_l: &Layout,
        b: &CpuStorage,
        b_l: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let x = kernel::entries(x, x_l)?;
        let (w, b) = (kernel::entries(w, w_l)?, kernel::entries(b, b_l)?);
        let (rows, n, m) = (x_l.dims()[0], x_l.dims()[1], b.len());
        let mut y = kernel::matmul(x, w, [rows, n, m]);
        y.chunks_exact_mut(m).for_each(|row| row.iter_mut().zip(b).for_each(|(y, b)| *y += b));
        match self.0 {
            Activation::Identity => {}
            Activation::Relu => kernel::relu(&mut y),
            Activation::Tanh => y = kernel::map(&y, |z| exponential::tanh_half(2.0 * z)),
        }
        Ok((CpuStorage::F64(y), (rows, m).into()))
    }

    fn bwd(&self, x: &Tensor, w: &Tensor, b: &Tensor, y: &Tensor, g: &Tensor) -> Result<Gradients> {
        let ((rows, n), m) = (x.dims2()?, b.dim(0)?);
        kernel::with_entries([x, w, y, &g.contiguous()?], |[xs, ws, ys, g]| {
            let through = match self.0 {
                Activation::Identity => None,
                Activation::Relu => Some(kernel::through_relu(ys, g)),
                Activation::Tanh => Some(kernel::map_of(ys, g, |y, g| g * (1.0 - y * y))),
            };
            let g = through.as_deref().unwrap_or(g);
            let dx = || kernel::matmul(g, &transpose(ws, m), [rows, m, n]);
            let dw = || kernel::matmul(&transpose(xs, n), g, [n, rows, m]);
            let db = || {
                let mut sum = vec![0.0; m];
                g.chunks_exact(m).for_each(|row| sum.iter_mut().zip(row).for_each(|(sum, g)| *sum += g));
                sum
            };
            Ok((kernel::gradient(x, dx)?, kernel::gradient(w, dw)?, kernel::gradient(b, db)?))
        })
    }
}
