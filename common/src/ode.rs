//! Ordinary differential equations x′ = f(t, x; θ): one-step methods, and trajectories that backprop goes through.
//!
//! A right-hand side is a [`VectorField`]: values and vector–Jacobian product written by hand, and the same in plain candle
//! operations. A [`Solver`] makes a method's step out of it, and [`Solver::trajectory`] repeats the step as one node of the
//! graph (see [`crate::ops::Rollout`]). The gradient is the exact derivative of what the method computes, the discrete adjoint.

use candle_core::{Result, Tensor};
use serde::Serialize;

use crate::ops::{Recurrence, Rollout};

/// The right-hand side f(t, x; θ) of a differential equation. θ is one vector of parameters.
pub trait VectorField: Send + Sync + 'static {
    /// Numbers of scratch room that [`VectorField::value`] and [`VectorField::pull_back`] need.
    fn scratch(&self) -> usize {
        0
    }

    /// `out` ← f(t, x; θ).
    fn value(&self, t: f64, x: &[f64], theta: &[f64], out: &mut [f64], scratch: &mut [f64]);

    /// `grads[0]` += (∂f/∂x)ᵀg and `grads[1]` += (∂f/∂θ)ᵀg.
    fn pull_back(&self, t: f64, x: &[f64], theta: &[f64], g: &[f64], grads: [&mut [f64]; 2], scratch: &mut [f64]);

    /// f(t, x; θ) by plain candle operations.
    ///
    /// # Errors
    /// Shapes that do not fit.
    fn plain(&self, t: f64, x: &Tensor, theta: &Tensor) -> Result<Tensor>;

    /// Checks the shapes of a state and of θ.
    ///
    /// # Errors
    /// Shapes that do not fit.
    fn check(&self, x: &Tensor, theta: &Tensor) -> Result<()>;
}

/// One-step methods with step h. The order p is that of the error at a fixed time, O(hᵖ).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// x + h·f(t, x): order 1
    Euler,
    /// Euler for the first half of the coordinates, then for the second half with the new first half: order 1, symplectic
    SemiImplicit,
    /// x + h·f(t + h/2, x + h/2·f(t, x)): order 2
    Midpoint,
    /// The classical method of Runge and Kutta with four stages: order 4
    #[value(name = "rk4")]
    #[serde(rename = "rk4")]
    RungeKutta4,
}

impl Method {
    /// The order p.
    pub fn order(self) -> u32 {
        match self {
            Self::Euler | Self::SemiImplicit => 1,
            Self::Midpoint => 2,
            Self::RungeKutta4 => 4,
        }
    }

    /// A name for figures and tables.
    pub fn label(self) -> &'static str {
        match self {
            Self::Euler => "Euler",
            Self::SemiImplicit => "semi-implicit Euler",
            Self::Midpoint => "midpoint",
            Self::RungeKutta4 => "RK4",
        }
    }

    /// R(z): what one step of the method multiplies x by on x′ = λx, with z = hλ. The semi-implicit method has none of its own
    /// on one coordinate, where it is Euler's.
    pub fn stability_function(self, z: f64) -> f64 {
        match self {
            Self::Euler | Self::SemiImplicit => 1.0 + z,
            Self::Midpoint => 1.0 + z * (1.0 + z / 2.0),
            Self::RungeKutta4 => 1.0 + z * (1.0 + z / 2.0 * (1.0 + z / 3.0 * (1.0 + z / 4.0))),
        }
    }
}

/// A method applied to a right-hand side: xₖ₊₁ from xₖ, at times tₖ = start + kh.
#[derive(Debug, Clone)]
pub struct Solver<F> {
    /// f
    pub field: F,
    /// The method
    pub method: Method,
    /// h
    pub step_size: f64,
    /// The time of x₀
    pub start_time: f64,
}

impl<F: VectorField> Solver<F> {
    /// `method` with step h = `step_size` from time 0.
    pub fn new(field: F, method: Method, step_size: f64) -> Self {
        Self { field, method, step_size, start_time: 0.0 }
    }

    /// The trajectory's node: `rollout().forward(x₀, θ, N)` is x₁ … x_N, `[N, d]`.
    pub fn rollout(self) -> Rollout<Self> {
        Rollout::new(self)
    }

    /// x₁ … x_N without a graph, row by row.
    pub fn trajectory(&self, start: &[f64], theta: &[f64], num_steps: usize) -> Vec<Vec<f64>> {
        let scratch = &mut vec![0.0; Recurrence::scratch(self, start.len())];
        let mut x = start.to_vec();
        let mut next = vec![0.0; x.len()];
        let step = |k| {
            Recurrence::step(self, k, &x, theta, &mut next, scratch);
            x.copy_from_slice(&next);
            next.clone()
        };
        (0..num_steps).map(step).collect()
    }
}

/// `y ← x + a·v`, entry by entry.
#[inline(always)]
fn add(y: &mut [f64], x: &[f64], a: f64, v: &[f64]) {
    for ((y, x), v) in y.iter_mut().zip(x).zip(v) {
        *y = x + a * v;
    }
}

/// `y ← y + a·v`, entry by entry.
#[inline(always)]
fn add_to(y: &mut [f64], a: f64, v: &[f64]) {
    y.iter_mut().zip(v).for_each(|(y, v)| *y += a * v);
}

/// Splits scratch room into `N` vectors of `n` numbers and the rest.
#[inline(always)]
fn split<const N: usize>(scratch: &mut [f64], n: usize) -> ([&mut [f64]; N], &mut [f64]) {
    let (mine, rest) = scratch.split_at_mut(N * n);
    let mut parts = mine.chunks_exact_mut(n);
    (std::array::from_fn(|_| parts.next().expect("room for N vectors")), rest)
}

/// Stages of RK4: at t + cᵢh, from x + cᵢh·kᵢ₋₁, and into the sum with weight wᵢh.
const STAGES: [(f64, f64); 4] = [(0.0, 1.0 / 6.0), (0.5, 1.0 / 3.0), (0.5, 1.0 / 3.0), (1.0, 1.0 / 6.0)];

impl<F: VectorField> Recurrence for Solver<F> {
    fn scratch(&self, dimension: usize) -> usize {
        8 * dimension + self.field.scratch()
    }

    #[inline(always)]
    fn step(&self, k: usize, x: &[f64], theta: &[f64], next: &mut [f64], scratch: &mut [f64]) {
        let (f, h, t) = (&self.field, self.step_size, self.start_time + k as f64 * self.step_size);
        let ([slope, inner], scratch) = split(scratch, x.len());
        match self.method {
            Method::Euler => {
                f.value(t, x, theta, next, scratch);
                next.iter_mut().zip(x).for_each(|(next, x)| *next = x + h * *next);
            }
            Method::SemiImplicit => {
                let half = x.len() / 2;
                f.value(t, x, theta, slope, scratch);
                inner.copy_from_slice(x);
                add(&mut inner[..half], &x[..half], h, &slope[..half]);
                f.value(t, inner, theta, slope, scratch);
                next.copy_from_slice(inner);
                add(&mut next[half..], &x[half..], h, &slope[half..]);
            }
            Method::Midpoint => {
                f.value(t, x, theta, slope, scratch);
                add(inner, x, h / 2.0, slope);
                f.value(t + h / 2.0, inner, theta, slope, scratch);
                add(next, x, h, slope);
            }
            Method::RungeKutta4 => {
                next.copy_from_slice(x);
                inner.copy_from_slice(x);
                for (i, (c, weight)) in STAGES.into_iter().enumerate() {
                    if i > 0 {
                        add(inner, x, c * h, slope); // x + cᵢh·kᵢ₋₁
                    }
                    f.value(t + c * h, inner, theta, slope, scratch); // kᵢ
                    add_to(next, weight * h, slope);
                }
            }
        }
    }

    #[inline(always)]
    fn pull_back(
        &self,
        k: usize,
        x: &[f64],
        theta: &[f64],
        g: &[f64],
        [grad_x, grad_theta]: [&mut [f64]; 2],
        scratch: &mut [f64],
    ) {
        let (f, h, t) = (&self.field, self.step_size, self.start_time + k as f64 * self.step_size);
        let n = x.len();
        let ([slope, scaled, into], scratch) = split(scratch, n); // f's value, what goes into f's derivative, what comes out
        match self.method {
            Method::Euler => {
                add_to(grad_x, 1.0, g);
                scaled.iter_mut().zip(g).for_each(|(s, g)| *s = h * g);
                f.pull_back(t, x, theta, scaled, [grad_x, grad_theta], scratch);
            }
            Method::SemiImplicit => {
                let half = n / 2;
                let ([inner], scratch) = split(scratch, n);
                f.value(t, x, theta, slope, scratch);
                inner.copy_from_slice(x);
                add(&mut inner[..half], &x[..half], h, &slope[..half]);
                scaled.fill(0.0);
                scaled[half..].iter_mut().zip(&g[half..]).for_each(|(s, g)| *s = h * g);
                into.copy_from_slice(g);
                f.pull_back(t, inner, theta, scaled, [into, grad_theta], scratch);
                add_to(grad_x, 1.0, into); // x is inner but for what the first half's step added to it
                scaled.fill(0.0);
                scaled[..half].iter_mut().zip(&into[..half]).for_each(|(s, g)| *s = h * g);
                f.pull_back(t, x, theta, scaled, [grad_x, grad_theta], scratch);
            }
            Method::Midpoint => {
                let ([inner], scratch) = split(scratch, n);
                f.value(t, x, theta, slope, scratch);
                add(inner, x, h / 2.0, slope);
                scaled.iter_mut().zip(g).for_each(|(s, g)| *s = h * g);
                into.fill(0.0);
                f.pull_back(t + h / 2.0, inner, theta, scaled, [into, grad_theta], scratch);
                add_to(grad_x, 1.0, g);
                add_to(grad_x, 1.0, into);
                scaled.iter_mut().zip(&*into).for_each(|(s, g)| *s = h / 2.0 * g);
                f.pull_back(t, x, theta, scaled, [grad_x, grad_theta], scratch);
            }
            Method::RungeKutta4 => {
                let (inner, scratch) = split::<4>(scratch, n); // where each stage looks
                for (i, (c, _)) in STAGES.into_iter().enumerate() {
                    inner[i].copy_from_slice(x);
                    if i > 0 {
                        add_to(inner[i], c * h, slope);
                    }
                    if i < 3 {
                        f.value(t + c * h, inner[i], theta, slope, scratch);
                    }
                }
                add_to(grad_x, 1.0, g);
                into.fill(0.0);
                for (i, (c, weight)) in STAGES.into_iter().enumerate().rev() {
                    // kᵢ goes into the sum with weight wᵢh and into the next stage with cᵢ₊₁h
                    let later = STAGES.get(i + 1).map_or(0.0, |(c, _)| c * h);
                    for ((s, g), into) in scaled.iter_mut().zip(g).zip(&*into) {
                        *s = weight * h * g + later * into;
                    }
                    into.fill(0.0);
                    f.pull_back(t + c * h, inner[i], theta, scaled, [into, grad_theta], scratch);
                    add_to(grad_x, 1.0, into);
                }
            }
        }
    }

    // ANCHOR: methods
    fn plain(&self, k: usize, x: &Tensor, theta: &Tensor) -> Result<Tensor> {
        let (h, t) = (self.step_size, self.start_time + k as f64 * self.step_size);
        let f = |t: f64, x: &Tensor| self.field.plain(t, x, theta);
        match self.method {
            Method::Euler => x + (f(t, x)? * h)?,
            Method::SemiImplicit => {
                let (half, rest) = (x.dim(0)? / 2, x.dim(0)? - x.dim(0)? / 2);
                let first = (x + (f(t, x)? * h)?)?.narrow(0, 0, half)?;
                let mixed = Tensor::cat(&[&first, &x.narrow(0, half, rest)?], 0)?;
                let second = (x + (f(t, &mixed)? * h)?)?.narrow(0, half, rest)?;
                Tensor::cat(&[first, second], 0)
            }
            Method::Midpoint => {
                let middle = (x + (f(t, x)? * (h / 2.0))?)?;
                x + (f(t + h / 2.0, &middle)? * h)?
            }
            Method::RungeKutta4 => {
                let k1 = f(t, x)?;
                let k2 = f(t + h / 2.0, &(x + (&k1 * (h / 2.0))?)?)?;
                let k3 = f(t + h / 2.0, &(x + (&k2 * (h / 2.0))?)?)?;
                let k4 = f(t + h, &(x + (&k3 * h)?)?)?;
                let sum = ((k1 + (k2 * 2.0)?)? + ((k3 * 2.0)? + k4)?)?;
                x + (sum * (h / 6.0))?
            }
        }
    }
    // ANCHOR_END: methods

    fn check(&self, _: usize, start: &Tensor, theta: &Tensor) -> Result<()> {
        self.field.check(start, theta)
    }
}
