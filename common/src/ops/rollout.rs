use super::kernel;
use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor, bail};
use std::sync::{Arc, OnceLock};

/// A recurrence x ← f(x, θ), step by step, with the vector–Jacobian product of a step: what [`Rollout`] repeats.
///
/// A state is a slice of numbers, however many; θ is another. `k` counts the steps from 0. `scratch` is room of the
/// length that [`Recurrence::scratch`] asks for, with whatever the step before left in it.
// ANCHOR: recurrence
pub trait Recurrence: Send + Sync + 'static {
    /// Numbers of scratch room that a step on a state of `dimension` numbers needs.
    fn scratch(&self, dimension: usize) -> usize {
        let _ = dimension;
        0
    }

    /// `next` ← fₖ(x, θ).
    fn step(&self, k: usize, x: &[f64], theta: &[f64], next: &mut [f64], scratch: &mut [f64]);

    /// `grads[0]` += (∂fₖ/∂x)ᵀg and `grads[1]` += (∂fₖ/∂θ)ᵀg, both at (x, θ).
    fn pull_back(&self, k: usize, x: &[f64], theta: &[f64], g: &[f64], grads: [&mut [f64]; 2], scratch: &mut [f64]);

    /// fₖ(x, θ) by plain candle operations: the definition, which the tests hold the two functions above against.
    ///
    /// # Errors
    /// Shapes that do not fit.
    fn plain(&self, k: usize, x: &Tensor, theta: &Tensor) -> Result<Tensor>;

    // ANCHOR_END: recurrence

    /// Checks the shapes of a state and of θ, so that a step may rely on them.
    ///
    /// # Errors
    /// Shapes that do not fit.
    fn check(&self, num_steps: usize, start: &Tensor, theta: &Tensor) -> Result<()>;
}

/// Many steps of a recurrence as one node of the graph: (x₀, θ) ↦ x₁ … x_N.
///
/// Backprop through N plain steps needs ten or more nodes a step and a recursion as deep as the graph; here it is one sweep
/// backwards over the stored states, in which each step is differentiated by hand. It is the same gradient: the exact
/// derivative of the discrete recurrence.
///
/// ```
/// use candle_core::{Device, Tensor, Var};
/// use common::ops::{LinearRecurrence, Rollout};
/// let cpu = &Device::Cpu;
/// let f = Var::new(&[[0.5, 0.0], [0.0, 2.0]], cpu)?;
/// let rollout = Rollout::new(LinearRecurrence::new(2)); // x ← Fx
/// let states = rollout.forward(&Tensor::new(&[1.0, 1.0], cpu)?, &f, 3)?;
/// assert_eq!(states.to_vec2::<f64>()?, [[0.5, 2.0], [0.25, 4.0], [0.125, 8.0]]);
/// # candle_core::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct Rollout<R>(Arc<R>);

impl<R> Clone for Rollout<R> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<R: Recurrence> Rollout<R> {
    /// Of the steps of `recurrence`.
    pub fn new(recurrence: R) -> Self {
        Self(Arc::new(recurrence))
    }

    /// The states x₁ … x_N, `[N, shape of x₀]`. Each of x₀ (`start`) and θ may be learnable.
    ///
    /// # Errors
    /// Shapes that do not fit, no step, or tensors that differ in element type or device.
    pub fn forward(&self, start: &Tensor, theta: &Tensor, num_steps: usize) -> Result<Tensor> {
        if !kernel::is_fast(start) {
            return self.forward_plain(start, theta, num_steps);
        }
        self.apply(start, theta, num_steps, Output::All)
    }

    /// The last state x_N alone, of the shape of x₀.
    ///
    /// # Errors
    /// As [`Rollout::forward`].
    pub fn last(&self, start: &Tensor, theta: &Tensor, num_steps: usize) -> Result<Tensor> {
        if !kernel::is_fast(start) {
            return self.last_plain(start, theta, num_steps);
        }
        self.apply(start, theta, num_steps, Output::Last { entry: None, states: OnceLock::new() })
    }

    /// Entry `index` of the last state alone, rank 0: a cost that is summed up beside the state, say. `start` is one state `[n]`.
    ///
    /// # Errors
    /// As [`Rollout::forward`]; `start` is no vector, or has no entry `index`.
    pub fn last_entry(&self, start: &Tensor, theta: &Tensor, num_steps: usize, index: usize) -> Result<Tensor> {
        if index >= start.dims1()? {
            bail!("no entry {index} in a state of {} numbers", start.elem_count());
        }
        if !kernel::is_fast(start) {
            return self.last_entry_plain(start, theta, num_steps, index);
        }
        self.apply(start, theta, num_steps, Output::Last { entry: Some(index), states: OnceLock::new() })
    }

    fn apply(&self, start: &Tensor, theta: &Tensor, num_steps: usize, output: Output) -> Result<Tensor> {
        self.check(start, theta, num_steps)?;
        let unrolled = Unrolled { recurrence: self.0.clone(), num_steps, output };
        start.contiguous()?.apply_op2(&theta.contiguous()?, unrolled)
    }

    /// [`Rollout::forward`] by plain candle operations, step by step. The errors are the same.
    pub fn forward_plain(&self, start: &Tensor, theta: &Tensor, num_steps: usize) -> Result<Tensor> {
        self.check(start, theta, num_steps)?;
        let mut x = start.clone();
        let mut states = Vec::with_capacity(num_steps);
        for k in 0..num_steps {
            x = self.0.plain(k, &x, theta)?;
            states.push(x.clone());
        }
        Tensor::stack(&states, 0)
    }

    /// [`Rollout::last`] by plain candle operations, step by step. The errors are the same.
    pub fn last_plain(&self, start: &Tensor, theta: &Tensor, num_steps: usize) -> Result<Tensor> {
        self.check(start, theta, num_steps)?;
        (0..num_steps).try_fold(start.clone(), |x, k| self.0.plain(k, &x, theta))
    }

    /// [`Rollout::last_entry`] by plain candle operations, step by step. The errors are the same.
    pub fn last_entry_plain(&self, start: &Tensor, theta: &Tensor, num_steps: usize, index: usize) -> Result<Tensor> {
        self.last_plain(start, theta, num_steps)?.get(index)
    }

    fn check(&self, start: &Tensor, theta: &Tensor, num_steps: usize) -> Result<()> {
        if num_steps == 0 || start.elem_count() == 0 {
            bail!("a roll-out of {num_steps} steps of {} numbers", start.elem_count());
        }
        self.0.check(num_steps, start, theta)
    }
}

/// What the node returns. All states are needed backwards in any case.
enum Output {
    All,
    Last { entry: Option<usize>, states: OnceLock<Vec<f64>> },
}

struct Unrolled<R> {
    recurrence: Arc<R>,
    num_steps: usize,
    output: Output,
}

/// Calls `$self.$sweep` with the state's dimension as a constant where it is small (0 stands for any other): states are then
/// copied into arrays, which the compiler keeps in registers from step to step.
macro_rules! with_dimension {
    ($n:expr, $self:ident.$sweep:ident $arguments:tt) => {
        match $n {
            1 => $self.$sweep::<1> $arguments,
            2 => $self.$sweep::<2> $arguments,
            3 => $self.$sweep::<3> $arguments,
            4 => $self.$sweep::<4> $arguments,
            _ => $self.$sweep::<0> $arguments,
        }
    };
}

/// `numbers` as an array, whose length they have.
#[inline(always)]
fn array<const N: usize>(numbers: &[f64]) -> [f64; N] {
    std::array::from_fn(|i| numbers[i])
}

impl<R: Recurrence> Unrolled<R> {
    fn forward<const N: usize>(&self, start: &[f64], theta: &[f64]) -> Vec<f64> {
        let n = start.len();
        let scratch = &mut vec![0.0; self.recurrence.scratch(n)];
        let mut states = vec![0.0; self.num_steps * n];
        if N == 0 {
            for k in 0..self.num_steps {
                let (before, after) = states.split_at_mut(k * n);
                let x = if k == 0 { start } else { &before[(k - 1) * n..] };
                self.recurrence.step(k, x, theta, &mut after[..n], scratch);
            }
            return states;
        }
        let mut x = array::<N>(start);
        for (k, state) in states.as_chunks_mut::<N>().0.iter_mut().enumerate() {
            let mut next = [0.0; N];
            self.recurrence.step(k, &x, theta, &mut next, scratch);
            (*state, x) = (next, next);
        }
        states
    }

    /// ∂x₀ and ∂θ: with gₖ = ∂L/∂xₖ, step k adds (∂f/∂x)ᵀ gₖ₊₁ to gₖ and (∂f/∂θ)ᵀ gₖ₊₁ to ∂θ. `grads` are the direct ones, of
    /// all states or of the last one.
    fn backward<const N: usize>(
        &self,
        start: &[f64],
        theta: &[f64],
        states: &[f64],
        grads: &[f64],
    ) -> (Vec<f64>, Vec<f64>) {
        let n = start.len();
        let scratch = &mut vec![0.0; self.recurrence.scratch(n)];
        let mut grad_theta = vec![0.0; theta.len()];
        let (before, last) = grads.split_at(grads.len() - n);
        let state = |k: usize| if k == 0 { start } else { &states[(k - 1) * n..][..n] };
        let direct = |k: usize| k.checked_sub(1).and_then(|k| before.get(k * n..(k + 1) * n));
        if N == 0 {
            let (mut g, mut grad_x) = (last.to_vec(), vec![0.0; n]);
            for k in (0..self.num_steps).rev() {
                match direct(k) {
                    Some(direct) => grad_x.copy_from_slice(direct),
                    None => grad_x.fill(0.0),
                }
                self.recurrence.pull_back(k, state(k), theta, &g, [&mut grad_x, &mut grad_theta], scratch);
                std::mem::swap(&mut g, &mut grad_x);
            }
            return (g, grad_theta);
        }
        let mut g = array::<N>(last);
        for k in (0..self.num_steps).rev() {
            let mut grad_x = direct(k).map_or([0.0; N], array);
            self.recurrence.pull_back(k, &array::<N>(state(k)), theta, &g, [&mut grad_x, &mut grad_theta], scratch);
            g = grad_x;
        }
        (g.to_vec(), grad_theta)
    }
}

impl<R: Recurrence> CustomOp2 for Unrolled<R> {
    fn name(&self) -> &'static str {
        "rollout"
    }

    fn cpu_fwd(&self, x: &CpuStorage, x_l: &Layout, theta: &CpuStorage, t_l: &Layout) -> Result<(CpuStorage, Shape)> {
        let (start, theta) = (kernel::entries(x, x_l)?, kernel::entries(theta, t_l)?);
        let states = with_dimension!(start.len(), self.forward(start, theta));
        match &self.output {
            Output::All => {
                let shape: Vec<usize> = std::iter::once(self.num_steps).chain(x_l.dims().iter().copied()).collect();
                Ok((CpuStorage::F64(states), shape.into()))
            }
            Output::Last { entry, states: kept } => {
                let last = &states[states.len() - start.len()..];
                let (output, shape) = match entry {
                    Some(index) => (vec![last[*index]], ().into()),
                    None => (last.to_vec(), x_l.shape().clone()),
                };
                let _ = kept.set(states); // a node is computed once
                Ok((CpuStorage::F64(output), shape))
            }
        }
    }

    fn bwd(&self, x: &Tensor, theta: &Tensor, y: &Tensor, g: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let g = &g.contiguous()?;
        kernel::with_entries([x, theta, y, g], |[xs, thetas, ys, gs]| {
            let states = match &self.output {
                Output::All => ys,
                Output::Last { states, .. } => states.get().map_or(&[][..], Vec::as_slice),
            };
            let of_last: Vec<f64>;
            let gs = match self.output {
                Output::Last { entry: Some(index), .. } => {
                    of_last = (0..xs.len()).map(|i| if i == index { gs[0] } else { 0.0 }).collect();
                    &of_last
                }
                _ => gs,
            };
            let (grad_x, grad_theta) = with_dimension!(xs.len(), self.backward(xs, thetas, states, gs));
            Ok((kernel::gradient(x, || grad_x)?, kernel::gradient(theta, || grad_theta)?))
        })
    }
}

/// x ← Fx, or x ← Fx + wₖ with fixed inputs wₖ, for one state `[n]` or each row of a batch `[K, n]`; θ is F, `[n, n]`.
///
/// With F = I + h·A it is Euler's method for x′ = Ax, and with noise for w it is Euler–Maruyama's. F may come from other
/// tensors, as I + h(A + BKC) does from a gain K: backprop goes on from ∂F.
#[derive(Debug)]
pub struct LinearRecurrence {
    n: usize,
    /// `[N, n]` or `[N, K, n]`, with its entries
    inputs: Option<(Tensor, Vec<f64>)>,
}

impl LinearRecurrence {
    /// x ← Fx in dimension `n`.
    pub fn new(n: usize) -> Self {
        Self { n, inputs: None }
    }

    /// x ← Fx + wₖ with `inputs` w `[N, n]` or `[N, K, n]`, of the states' shape in each step. They get no gradient.
    ///
    /// # Errors
    /// `inputs` has another rank, or is no f64 tensor.
    pub fn with_inputs(inputs: &Tensor) -> Result<Self> {
        let Some(&n) = inputs.dims().last().filter(|_| matches!(inputs.rank(), 2 | 3)) else {
            bail!("inputs of a linear recurrence have shape [N, n] or [N, K, n], not {:?}", inputs.dims());
        };
        let inputs = inputs.detach();
        let entries = inputs.flatten_all()?.to_vec1()?;
        Ok(Self { n, inputs: Some((inputs, entries)) })
    }
}

/// A step of [`LinearRecurrence`] in few dimensions: a row is a register or two. The same sums in the same order.
fn step_of<const N: usize>(x: &[f64], f: &[f64], next: &mut [f64]) {
    let f = f.as_chunks::<N>().0;
    let columns: [[f64; N]; N] = std::array::from_fn(|j| std::array::from_fn(|i| f[i][j]));
    let (x, next) = (x.as_chunks::<N>().0, next.as_chunks_mut::<N>().0);
    kernel::vectorised!({
        for (x, next) in x.iter().zip(next) {
            let mut sum = [0.0; N];
            for j in 0..N {
                for i in 0..N {
                    sum[i] += columns[j][i] * x[j];
                }
            }
            *next = sum;
        }
    });
}

/// What [`step_of`] gives back: ∂x = Fᵀg and ∂F = g·xᵀ, added.
fn pull_back_of<const N: usize>(x: &[f64], f: &[f64], g: &[f64], [grad_x, grad_f]: [&mut [f64]; 2]) {
    let rows = |of: &[f64]| -> [[f64; N]; N] { std::array::from_fn(|i| of.as_chunks::<N>().0[i]) };
    let (f, sums) = (rows(f), rows(grad_f));
    let (x, g, grad_x) = (x.as_chunks::<N>().0, g.as_chunks::<N>().0, grad_x.as_chunks_mut::<N>().0);
    let sums = kernel::vectorised!({
        let mut sums = sums;
        for ((x, g), grad_x) in x.iter().zip(g).zip(grad_x) {
            let (x, g, mut sum) = (*x, *g, *grad_x); // in registers: `grad_x` is written once
            for i in 0..N {
                for j in 0..N {
                    sum[j] += g[i] * f[i][j];
                    sums[i][j] += g[i] * x[j];
                }
            }
            *grad_x = sum;
        }
        sums
    });
    grad_f.copy_from_slice(sums.as_flattened());
}

impl Recurrence for LinearRecurrence {
    fn step(&self, k: usize, x: &[f64], f: &[f64], next: &mut [f64], _: &mut [f64]) {
        match self.n {
            2 => step_of::<2>(x, f, next),
            3 => step_of::<3>(x, f, next),
            4 => step_of::<4>(x, f, next),
            n => {
                for (x, next) in x.chunks_exact(n).zip(next.chunks_exact_mut(n)) {
                    for (f, next) in f.chunks_exact(n).zip(next) {
                        *next = f.iter().zip(x).map(|(f, x)| f * x).sum();
                    }
                }
            }
        }
        if let Some((_, inputs)) = &self.inputs {
            next.iter_mut().zip(&inputs[k * x.len()..]).for_each(|(next, w)| *next += w);
        }
    }

    fn pull_back(&self, _: usize, x: &[f64], f: &[f64], g: &[f64], grads: [&mut [f64]; 2], _: &mut [f64]) {
        match self.n {
            2 => return pull_back_of::<2>(x, f, g, grads),
            3 => return pull_back_of::<3>(x, f, g, grads),
            4 => return pull_back_of::<4>(x, f, g, grads),
            _ => {}
        }
        let (n, [grad_x, grad_f]) = (self.n, grads);
        for ((x, g), grad_x) in x.chunks_exact(n).zip(g.chunks_exact(n)).zip(grad_x.chunks_exact_mut(n)) {
            for ((f, grad_f), &g) in f.chunks_exact(n).zip(grad_f.chunks_exact_mut(n)).zip(g) {
                for (((f, grad_f), x), grad_x) in f.iter().zip(grad_f).zip(x).zip(&mut *grad_x) {
                    *grad_x += g * f; // ∂x = Fᵀg
                    *grad_f += g * x; // ∂F = g·xᵀ
                }
            }
        }
    }

    fn plain(&self, k: usize, x: &Tensor, f: &Tensor) -> Result<Tensor> {
        let next = match x.rank() {
            1 => f.matmul(&x.unsqueeze(1)?)?.squeeze(1)?,
            _ => x.matmul(&f.t()?)?,
        };
        match &self.inputs {
            Some((inputs, _)) => next + inputs.get(k)?,
            None => Ok(next),
        }
    }

    fn check(&self, num_steps: usize, start: &Tensor, f: &Tensor) -> Result<()> {
        let n = self.n;
        if f.dims() != [n, n] || !matches!(start.dims(), [width] | [_, width] if *width == n) {
            bail!("a linear recurrence in dimension {n} got F {:?} and x {:?}", f.dims(), start.dims());
        }
        match &self.inputs {
            Some((w, _)) if w.dims()[1..] != *start.dims() || w.dims()[0] < num_steps => {
                bail!("a linear recurrence of {num_steps} steps from x {:?} got inputs {:?}", start.dims(), w.dims())
            }
            _ => Ok(()),
        }
    }
}
