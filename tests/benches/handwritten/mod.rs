//! Whole trainings written by hand: forward and reverse sweep in plain Rust with the matrix product that candle uses,
//! every buffer made once, no automatic differentiation. They are what the sections' trainings are measured
//! against, and a test holds both to the same losses.

use rayon::prelude::*;

/// `out ← keep·out + scale·(lhs·rhs)`; `lhs` is `[rows, inner]`, `rhs` `[inner, columns]`, each with its strides
/// (from row to row, from column to column), `out` is row-major.
fn product(
    out: &mut [f64],
    keep: Option<f64>,
    scale: f64,
    (lhs, lhs_rows, lhs_columns): (&[f64], usize, usize),
    (rhs, rhs_rows, rhs_columns): (&[f64], usize, usize),
    [rows, inner, columns]: [usize; 3],
) {
    assert_eq!([out.len(), lhs.len(), rhs.len()], [rows * columns, rows * inner, inner * columns]);
    // SAFETY: the strides are those of row-major or column-major storage of matrices with the lengths just checked.
    #[allow(unsafe_code)]
    unsafe {
        gemm::gemm(
            rows,
            columns,
            inner,
            out.as_mut_ptr(),
            1,
            columns as isize,
            keep.is_some(),
            lhs.as_ptr(),
            lhs_columns as isize,
            lhs_rows as isize,
            rhs.as_ptr(),
            rhs_columns as isize,
            rhs_rows as isize,
            keep.unwrap_or(0.0),
            scale,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

/// Adam with β₁ = 0.9, β₂ = 0.999, ε = 1e-8.
struct Adam {
    learning_rate: f64,
    moments: Vec<(f64, f64)>,
    step: i32,
}

impl Adam {
    fn new(learning_rate: f64, parameters: usize) -> Self {
        Self { learning_rate, moments: vec![(0.0, 0.0); parameters], step: 0 }
    }

    fn update(&mut self, theta: &mut [f64], grad: &[f64]) {
        self.step += 1;
        let (c1, c2) = (1.0 - 0.9f64.powi(self.step), 1.0 - 0.999f64.powi(self.step));
        for ((theta, g), (m, v)) in theta.iter_mut().zip(grad).zip(&mut self.moments) {
            *m = 0.9 * *m + 0.1 * g;
            *v = 0.999 * *v + 0.001 * g * g;
            *theta -= self.learning_rate * (*m / c1) / ((*v / c2).sqrt() + 1e-8);
        }
    }
}

/// Linear model Φθ, sum of squared errors, θ from ones, Adam: the loss before each update and after the last.
/// `phi` is `[samples, weights]`, row-major.
pub fn rbf(phi: &[f64], target: &[f64], learning_rate: f64, updates: usize) -> Vec<f64> {
    let (samples, weights) = (target.len(), phi.len() / target.len());
    let mut adam = Adam::new(learning_rate, weights);
    let (mut theta, mut grad, mut residual) = (vec![1.0; weights], vec![0.0; weights], vec![0.0; samples]);
    let mut losses = Vec::with_capacity(updates + 1);
    for update in 0..=updates {
        residual.copy_from_slice(target);
        product(&mut residual, Some(-1.0), 1.0, (phi, weights, 1), (&theta, 1, 1), [samples, weights, 1]);
        losses.push(residual.iter().map(|r| r * r).sum());
        if update < updates {
            product(&mut grad, None, 2.0, (phi, 1, weights), (&residual, 1, 1), [weights, samples, 1]);
            adam.update(&mut theta, &grad);
        }
    }
    losses
}

/// The three-layer network f(W, x) = Σ_r a_r·relu(w_rᵀx)/√m with a fixed, loss ½Σ(f − y)², full-batch gradient descent
/// on `w` `[d, m]`: the loss before each iteration and after the last. `x` is `[n, d]`.
pub fn network(x: &[f64], y: &[f64], a: &[f64], mut w: Vec<f64>, step_size: f64, iterations: usize) -> Vec<f64> {
    let (n, m) = (y.len(), a.len());
    let d = x.len() / n;
    let scale = 1.0 / (m as f64).sqrt();
    let mut hidden = vec![0.0; n * m];
    let mut losses = Vec::with_capacity(iterations + 1);
    for iteration in 0..=iterations {
        product(&mut hidden, None, 1.0, (x, d, 1), (&w, m, 1), [n, d, m]);
        let mut loss = 0.0;
        for (row, y) in hidden.chunks_mut(m).zip(y) {
            let f = scale * relu_dot(row, a);
            loss += 0.5 * (f - y) * (f - y);
            // the row is not needed again: put the gradient by the hidden units in its place
            row.iter_mut().zip(a).for_each(|(h, a)| *h = if *h > 0.0 { scale * (f - y) * a } else { 0.0 });
        }
        losses.push(loss);
        if iteration < iterations {
            product(&mut w, Some(1.0), -step_size, (x, 1, d), (&hidden, m, 1), [d, n, m]);
        }
    }
    losses
}

/// Unrolled gradient descent on ½‖Ax − y‖² with periodic learned step sizes, trained incrementally.
pub struct LeastSquares {
    /// A, `[m, n]`.
    pub a: Vec<f64>,
    /// AᵀA, `[n, n]`.
    pub gram: Vec<f64>,
    /// The transpose of A⁺, `[m, n]`: x* = y·(A⁺)ᵀ for rows y.
    pub pinv_t: Vec<f64>,
    /// m, n.
    pub dims: (usize, usize),
}

/// The experiment's numbers.
#[derive(Clone, Copy)]
pub struct Training {
    /// Number of step sizes, T
    pub period: usize,
    /// Trained are depth 1 to this
    pub max_depth: usize,
    /// Adam updates for each depth
    pub updates: usize,
    /// Learning rate of Adam
    pub learning_rate: f64,
    /// Rows of a mini-batch, K
    pub batch: usize,
    /// Rows of the shards that a mini-batch is split into, each on a thread
    pub shard_rows: usize,
}

/// The buffers for some rows of the mini-batch.
struct Shard {
    rows: usize,
    y: Vec<f64>,
    b: Vec<f64>,
    solution: Vec<f64>,
    xs: Vec<f64>,
    g: Vec<f64>,
    h: Vec<f64>,
    grad: Vec<f64>,
    loss: f64,
}

impl LeastSquares {
    /// Trains on the threads of the present rayon pool; `sample(depth, update, shard, y)` fills the rows of a shard.
    /// Returns the loss of each update, ‖x* − x‖²/batch, and the learned step sizes.
    pub fn train(
        &self,
        training: &Training,
        sample: impl Fn(usize, usize, usize, &mut [f64]) + Sync,
    ) -> (Vec<f64>, Vec<f64>) {
        let Training { period, max_depth, updates, batch, shard_rows, .. } = *training;
        let mut adam = Adam::new(training.learning_rate, period);
        let mut eta = vec![0.0; period];
        let rows = (0..batch).step_by(shard_rows).map(|start| shard_rows.min(batch - start));
        let mut shards: Vec<_> = rows.map(|rows| Shard::new(rows, self.dims, max_depth, period)).collect();
        let mut losses = vec![];
        for depth in 1..=max_depth {
            for update in 0..updates {
                shards.par_iter_mut().enumerate().for_each(|(i, shard)| {
                    sample(depth, update, i, &mut shard.y);
                    self.sweep(shard, depth, &eta, batch);
                });
                let mut grad = vec![0.0; period];
                for shard in &shards {
                    grad.iter_mut().zip(&shard.grad).for_each(|(sum, g)| *sum += g);
                }
                losses.push(shards.iter().map(|shard| shard.loss).sum());
                adam.update(&mut eta, &grad);
            }
        }
        (losses, eta)
    }

    /// Forward and backward through `depth` iterations for the rows of one shard.
    fn sweep(&self, shard: &mut Shard, depth: usize, eta: &[f64], batch: usize) {
        let (m, n) = self.dims;
        let Shard { rows, y, b, solution, xs, g, h, grad, loss } = shard;
        let (rows, len) = (*rows, *rows * n);
        product(b, None, 1.0, (y, m, 1), (&self.a, n, 1), [rows, m, n]); // b = Aᵀy
        product(solution, None, 1.0, (y, m, 1), (&self.pinv_t, n, 1), [rows, m, n]); // x* = A⁺y
        for i in 0..depth {
            let step = eta[i % eta.len()];
            let (before, after) = xs.split_at_mut((i + 1) * len);
            let (x, next) = (&before[i * len..], &mut after[..len]);
            // x ← x − η(Gx − b)
            next.iter_mut().zip(x).zip(&*b).for_each(|((next, x), b)| *next = x + step * b);
            product(next, Some(1.0), -step, (x, n, 1), (&self.gram, n, 1), [rows, n, n]);
        }
        let x = &xs[depth * len..][..len];
        g.iter_mut().zip(x).zip(&*solution).for_each(|((g, x), s)| *g = x - s);
        *loss = g.iter().map(|g| g * g).sum::<f64>() / batch as f64;
        g.iter_mut().for_each(|g| *g *= 2.0 / batch as f64);
        grad.fill(0.0);
        for i in (0..depth).rev() {
            let step = eta[i % eta.len()];
            product(h, None, 1.0, (g, n, 1), (&self.gram, n, 1), [rows, n, n]);
            grad[i % eta.len()] += finish(g, h, &xs[i * len..][..len], b, step);
        }
    }
}

/// Unrolled ISTA, x ← S_μ(x − η(AᵀAx − b)) from x = 0 with a learned step size and threshold for each iteration, trained
/// incrementally on given batches in turn.
pub struct Ista {
    /// AᵀA, `[n, n]`.
    pub gram: Vec<f64>,
    /// n.
    pub unknowns: usize,
    /// Aᵀy and x* of each batch, `[batch, n]`.
    pub batches: Vec<[Vec<f64>; 2]>,
}

/// The buffers for some rows of a mini-batch of ISTA.
struct Rows {
    first: usize,
    xs: Vec<f64>,
    g: Vec<f64>,
    h: Vec<f64>,
    /// ∂η and ∂μ
    grad: [Vec<f64>; 2],
    loss: f64,
}

impl Ista {
    /// Trains from `start` in all step sizes and thresholds, on the threads of the present rayon pool. Returns the loss of
    /// each update, ‖x* − x‖²/batch.
    pub fn train(&self, training: &Training, start: f64) -> Vec<f64> {
        let Training { max_depth, updates, learning_rate, batch, shard_rows, .. } = *training;
        let n = self.unknowns;
        let mut parameters = [vec![start; max_depth], vec![start; max_depth]];
        let mut adams = [Adam::new(learning_rate, max_depth), Adam::new(learning_rate, max_depth)];
        let shard = |first: usize| {
            let len = shard_rows.min(batch - first) * n;
            let zeros = || vec![0.0; len];
            let grad = [vec![0.0; max_depth], vec![0.0; max_depth]];
            Rows { first, xs: vec![0.0; (max_depth + 1) * len], g: zeros(), h: zeros(), grad, loss: 0.0 }
        };
        let mut shards: Vec<Rows> = (0..batch).step_by(shard_rows).map(shard).collect();
        let mut losses = vec![];
        for depth in 1..=max_depth {
            for _ in 0..updates {
                let data = &self.batches[losses.len() % self.batches.len()];
                shards.par_iter_mut().for_each(|shard| self.sweep(shard, depth, &parameters, data, batch));
                losses.push(shards.iter().map(|shard| shard.loss).sum());
                for (i, (adam, parameter)) in adams.iter_mut().zip(&mut parameters).enumerate() {
                    let mut grad = vec![0.0; max_depth];
                    for shard in &shards {
                        grad.iter_mut().zip(&shard.grad[i]).for_each(|(sum, g)| *sum += g);
                    }
                    adam.update(parameter, &grad);
                }
            }
        }
        losses
    }

    /// Forward and backward through `depth` iterations for the rows of one shard.
    fn sweep(&self, shard: &mut Rows, depth: usize, [eta, mu]: &[Vec<f64>; 2], data: &[Vec<f64>; 2], batch: usize) {
        let n = self.unknowns;
        let Rows { first, xs, g, h, grad: [grad_eta, grad_mu], loss } = shard;
        let len = g.len();
        let [b, solution] = [0, 1].map(|i| &data[i][*first * n..][..len]);
        for k in 0..depth {
            let (before, after) = xs.split_at_mut((k + 1) * len);
            let (x, next) = (&before[k * len..], &mut after[..len]);
            next.iter_mut().zip(x).zip(b).for_each(|((next, x), b)| *next = x + eta[k] * b);
            if k > 0 {
                product(next, Some(1.0), -eta[k], (x, n, 1), (&self.gram, n, 1), [len / n, n, n]);
            }
            next.iter_mut().for_each(|u| *u = (*u - mu[k]).max(0.0) + (*u + mu[k]).min(0.0));
        }
        let x = &xs[depth * len..][..len];
        g.iter_mut().zip(x).zip(solution).for_each(|((g, x), s)| *g = x - s);
        *loss = g.iter().map(|g| g * g).sum::<f64>() / batch as f64;
        g.iter_mut().for_each(|g| *g *= 2.0 / batch as f64);
        grad_eta.fill(0.0);
        grad_mu.fill(0.0);
        for k in (0..depth).rev() {
            let (x, y) = (&xs[k * len..][..len], &xs[(k + 1) * len..][..len]);
            grad_mu[k] = unshrink(g, y);
            if k > 0 {
                product(h, None, 1.0, (g, n, 1), (&self.gram, n, 1), [len / n, n, n]);
            }
            grad_eta[k] = finish(g, h, x, b, eta[k]); // x = 0 in the first: h does not matter
        }
    }
}

/// Back through the soft threshold whose value is y, for a positive threshold: g ← g where y ≠ 0, and ∂μ.
fn unshrink(g: &mut [f64], y: &[f64]) -> f64 {
    let ((g, g_tail), (y, y_tail)) = (g.as_chunks_mut::<8>(), y.as_chunks::<8>());
    let mut sums = [0.0; 8];
    let entry = |g: &mut f64, y: f64, sum: &mut f64| {
        *g = if y == 0.0 { 0.0 } else { *g };
        *sum -= if y < 0.0 { -*g } else { *g };
    };
    for (g, y) in g.iter_mut().zip(y) {
        for lane in 0..8 {
            entry(&mut g[lane], y[lane], &mut sums[lane]);
        }
    }
    g_tail.iter_mut().zip(y_tail).for_each(|(g, y)| entry(g, *y, &mut sums[0]));
    sums.iter().sum()
}

impl Shard {
    fn new(rows: usize, (m, n): (usize, usize), max_depth: usize, period: usize) -> Self {
        let zeros = || vec![0.0; rows * n];
        Self {
            rows,
            y: vec![0.0; rows * m],
            b: zeros(),
            solution: zeros(),
            xs: vec![0.0; (max_depth + 1) * rows * n],
            g: zeros(),
            h: zeros(),
            grad: vec![0.0; period],
            loss: 0.0,
        }
    }
}

/// ⟨relu(h), a⟩; the eight partial sums let the compiler vectorise it.
fn relu_dot(h: &[f64], a: &[f64]) -> f64 {
    let ((h, h_tail), (a, a_tail)) = (h.as_chunks::<8>(), a.as_chunks::<8>());
    let mut sums = [0.0; 8];
    for (h, a) in h.iter().zip(a) {
        for lane in 0..8 {
            sums[lane] += if h[lane] > 0.0 { h[lane] * a[lane] } else { 0.0 };
        }
    }
    let tail: f64 = h_tail.iter().zip(a_tail).map(|(h, a)| h.max(0.0) * a).sum();
    tail + sums.iter().sum::<f64>()
}

/// ⟨g, b⟩ − ⟨h, x⟩, then g ← g − ηh, in one pass; the eight partial sums let the compiler vectorise it.
fn finish(g: &mut [f64], h: &[f64], x: &[f64], b: &[f64], eta: f64) -> f64 {
    let ((g, g_tail), (h, h_tail)) = (g.as_chunks_mut::<8>(), h.as_chunks::<8>());
    let ((x, x_tail), (b, b_tail)) = (x.as_chunks::<8>(), b.as_chunks::<8>());
    let mut sums = [0.0; 8];
    for (((g, h), x), b) in g.iter_mut().zip(h).zip(x).zip(b) {
        for lane in 0..8 {
            sums[lane] += g[lane] * b[lane] - h[lane] * x[lane];
            g[lane] -= eta * h[lane];
        }
    }
    for (((g, h), x), b) in g_tail.iter_mut().zip(h_tail).zip(x_tail).zip(b_tail) {
        sums[0] += *g * b - h * x;
        *g -= eta * h;
    }
    sums.iter().sum()
}
