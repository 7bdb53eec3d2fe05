//! The right-hand side of a neural ODE.

use anyhow::Result;
use candle_core::{Device, Tensor, Var, bail};
use common::{
    ode::VectorField,
    optim::parameter,
    sampling::{Rng, normal_vec},
};

/// f(x; θ) = W₂·relu(W₁x + b₁) + b₂ in ℝᵈ with m hidden units; θ is W₁ `[m, d]`, b₁ `[m]`, W₂ `[d, m]` and b₂ `[d]`, row by row, one
/// behind the other.
#[derive(Debug, Clone, Copy)]
pub struct Network {
    /// d
    pub num_states: usize,
    /// m
    pub num_hidden: usize,
}

impl Network {
    /// W₁, b₁, W₂, b₂ inside of θ.
    fn parts<'a>(&self, theta: &'a [f64]) -> [&'a [f64]; 4] {
        let (d, m) = (self.num_states, self.num_hidden);
        let (w1, rest) = theta.split_at(m * d);
        let (b1, rest) = rest.split_at(m);
        let (w2, b2) = rest.split_at(d * m);
        [w1, b1, w2, b2]
    }

    /// W₁x + b₁.
    #[inline(always)]
    fn hidden(w1: &[f64], b1: &[f64], x: &[f64], z: &mut [f64]) {
        for ((row, b), z) in w1.chunks_exact(x.len()).zip(b1).zip(z) {
            *z = b + row.iter().zip(x).map(|(w, x)| w * x).sum::<f64>();
        }
    }
}

// ANCHOR: network
impl VectorField for Network {
    fn scratch(&self) -> usize {
        self.num_hidden
    }

    fn value(&self, _: f64, x: &[f64], theta: &[f64], out: &mut [f64], z: &mut [f64]) {
        let ([w1, b1, w2, b2], z) = (self.parts(theta), &mut z[..self.num_hidden]);
        Self::hidden(w1, b1, x, z); // W₁x + b₁
        for ((row, b), out) in w2.chunks_exact(self.num_hidden).zip(b2).zip(out) {
            *out = b + row.iter().zip(&*z).map(|(w, z)| w * z.max(0.0)).sum::<f64>(); // W₂·relu(…) + b₂
        }
    }

    fn pull_back(&self, _: f64, x: &[f64], theta: &[f64], g: &[f64], grads: [&mut [f64]; 2], z: &mut [f64]) {
        let (d, m) = (self.num_states, self.num_hidden);
        let ([w1, b1, w2, _], z) = (self.parts(theta), &mut z[..m]);
        let [grad_x, grad_theta] = grads;
        let (grad_w1, rest) = grad_theta.split_at_mut(m * d);
        let (grad_b1, rest) = rest.split_at_mut(m);
        let (grad_w2, grad_b2) = rest.split_at_mut(d * m);
        Self::hidden(w1, b1, x, z);
        for ((g, grad_b2), grad_row) in g.iter().zip(grad_b2).zip(grad_w2.chunks_exact_mut(m)) {
            *grad_b2 += g;
            grad_row.iter_mut().zip(&*z).for_each(|(grad, z)| *grad += g * z.max(0.0)); // ∂W₂ = g·relu(z)ᵀ
        }
        for (j, z) in z.iter().enumerate() {
            if *z < 0.0 {
                continue; // relu's slope; 1 at 0, as candle has it
            }
            let h: f64 = g.iter().enumerate().map(|(i, g)| g * w2[i * m + j]).sum(); // (W₂ᵀg)ⱼ
            grad_b1[j] += h;
            for (i, x) in x.iter().enumerate() {
                grad_w1[j * d + i] += h * x; // ∂W₁ = h·xᵀ
                grad_x[i] += h * w1[j * d + i]; // ∂x = W₁ᵀh
            }
        }
    }

    fn plain(&self, _: f64, x: &Tensor, theta: &Tensor) -> candle_core::Result<Tensor> {
        let (d, m) = (self.num_states, self.num_hidden);
        let w1 = theta.narrow(0, 0, m * d)?.reshape((m, d))?;
        let b1 = theta.narrow(0, m * d, m)?;
        let w2 = theta.narrow(0, m * d + m, d * m)?.reshape((d, m))?;
        let b2 = theta.narrow(0, 2 * m * d + m, d)?;
        let hidden = (w1.matmul(&x.unsqueeze(1)?)?.squeeze(1)? + b1)?.relu()?;
        w2.matmul(&hidden.unsqueeze(1)?)?.squeeze(1)? + b2
    }
    // ANCHOR_END: network

    fn check(&self, x: &Tensor, theta: &Tensor) -> candle_core::Result<()> {
        let (d, m) = (self.num_states, self.num_hidden);
        if x.dims() != [d] || theta.dims() != [2 * m * d + m + d] {
            bail!("a network of {d} states and {m} hidden units got {:?} and {:?}", x.dims(), theta.dims());
        }
        Ok(())
    }
}

/// All that is learned.
#[derive(Debug, Clone)]
pub struct Parameters {
    /// W₁ `[m, d]`, b₁ `[m]`, W₂ `[d, m]`, b₂ `[d]`
    pub vars: [Var; 4],
}

impl Parameters {
    /// Normal start values.
    // ANCHOR: start
    pub fn draw(network: &Network, start_std: f64, rng: &mut Rng, device: &Device) -> Result<Self> {
        let (d, m) = (network.num_states, network.num_hidden);
        let mut draw = |shape: &[usize]| -> Result<Var> {
            let values = normal_vec(shape.iter().product(), rng).into_iter().map(|z| start_std * z).collect();
            Ok(parameter(&Tensor::from_vec(values, shape, device)?)?)
        };
        Ok(Self { vars: [draw(&[m, d])?, draw(&[m])?, draw(&[d, m])?, draw(&[d])?] })
    }
    // ANCHOR_END: start

    /// Copies of them by name.
    pub fn named(&self) -> candle_core::Result<Vec<(String, Tensor)>> {
        let named = ["w1", "b1", "w2", "b2"].into_iter().zip(&self.vars);
        named.map(|(name, var)| Ok((name.to_owned(), var.as_detached_tensor().copy()?))).collect()
    }

    /// All of them as one vector θ.
    pub fn packed(&self) -> candle_core::Result<Tensor> {
        let [w1, b1, w2, b2] = self.vars.each_ref();
        Tensor::cat(&[&w1.flatten_all()?, b1.as_tensor(), &w2.flatten_all()?, b2.as_tensor()], 0)
    }
}

/// Networks that solve three of the targets exactly: the target's name, m and θ.
#[cfg(test)]
pub fn by_hand() -> [(&'static str, usize, Vec<f64>); 3] {
    let pack = |w1: &[[f64; 2]], b1: &[f64], w2: [&[f64]; 2], b2: [f64; 2]| {
        [w1.concat().as_slice(), b1, w2[0], w2[1], b2.as_slice()].concat()
    };
    [
        // x₁′ = 1 + x₂, x₂′ = −x₁, each number written as relu(x) − relu(−x): x₁ = sin t, x₂ = cos t − 1
        (
            "sin t",
            4,
            pack(
                &[[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]],
                &[0.0; 4],
                [&[0.0, 0.0, 1.0, -1.0], &[-1.0, 1.0, 0.0, 0.0]],
                [1.0, 0.0],
            ),
        ),
        // x₂′ = 1, so x₂ = t ≥ 0, and x₁′ = 2x₂ − 4
        ("(t − 2)² − 4", 1, pack(&[[0.0, 1.0]], &[0.0], [&[2.0], &[0.0]], [-4.0, 1.0])),
        // x₁′ = −(1 + x₁), with 1 + x₁ > 0
        ("e⁻ᵗ − 1", 1, pack(&[[1.0, 0.0]], &[1.0], [&[-1.0], &[0.0]], [0.0, 0.0])),
    ]
}
