//! Unfolded trainings against JAX (tests/reference/): every update, and gradients.

use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;
use candle_core::{Device, Tensor};
use candle_nn::Optimizer as _;
use chapter3::rastrigin;
use common::{
    context::Context,
    linalg,
    linear_model::LinearModel,
    optim::{Optimizer, Rule},
    sampling::{self, Rng},
    unfolding::{Algorithm, Batch, Problem, Schedule, Training, batch_gradient, theory},
};
use serde_json::Value;
use tests::{
    fixtures::{assert_vector_close as assert_close, fixture, numbers, tensor},
    models::{descent, projected, steps},
};

const CPU: &Device = &Device::Cpu;

/// The fixture's mini-batches, in their order, whatever the generator says.
struct OnFixture<D> {
    batches: Vec<Batch<D>>,
    next: AtomicUsize,
}

impl<D: Clone + Sync> Problem for OnFixture<D> {
    type Data = D;

    fn draw(&self, count: usize, _: &mut Rng) -> Result<Batch<D>> {
        // The one problem that the test set has: the mini-batches are larger.
        let update = if count == 1 { 0 } else { self.next.fetch_add(1, Ordering::Relaxed) };
        Ok(self.batches[update].clone())
    }
}

/// Every update of the fixture's runs, then the same by [`Training`]; and its gradients. `network` gets step sizes.
fn check_parity<A: Algorithm<Data: Clone + Sync>>(
    fixture: &Value,
    start: &[f64],
    batches: &[Batch<A::Data>],
    tolerance: f64,
    network: impl Fn(&Schedule) -> Result<A>,
) -> Result<()> {
    let batch_size = batches[0].start.dim(0)?;
    let rng = |_| sampling::rng(0, 0);
    let problem = || OnFixture { batches: batches.to_vec(), next: AtomicUsize::new(0) };
    let incremental = &fixture["incremental"];
    let (depths, inner) =
        (incremental["num_iterations"].as_u64().unwrap() as usize, incremental["inner"].as_u64().unwrap() as usize);
    for run in incremental["runs"].as_array().unwrap() {
        let learning_rate = run["learning_rate"].as_f64().unwrap();
        let losses = numbers(&run["loss"]);
        let rows: Vec<Vec<f64>> = run["step_size"].as_array().unwrap().iter().map(numbers).collect();

        let step_size = steps(start)?;
        let (problem_in_turn, algorithm) = (problem(), network(&step_size)?);
        let mut adam = Optimizer::new(vec![step_size.parameter().clone()], Rule::Adam.with(learning_rate))?;
        for update in 0..depths * inner {
            let depth = 1 + update / inner;
            let (loss, gradients) = batch_gradient(&problem_in_turn, &algorithm, depth, (update, batch_size), rng)?;
            assert_close(&format!("loss {update}"), &[loss], &[losses[update]], tolerance);
            adam.step(&gradients)?;
            assert_close(&format!("step sizes {update}"), &step_size.values()?, &rows[update + 1], tolerance);
        }

        let step_size = Schedule::learned("step_size", &Tensor::new(start, CPU)?, learning_rate)?;
        let training =
            Training { num_generations: depths, num_updates: inner, batch_size, num_test: 1, ..Default::default() };
        let context = &mut Context::new(1);
        let learned = training.method("learned", "", &problem(), &network(&step_size)?, context)?;
        assert_close("step sizes", &learned.step_sizes(), rows.last().unwrap(), tolerance);
        let means: Vec<f64> = losses.chunks(inner).map(|losses| losses.iter().sum::<f64>() / inner as f64).collect();
        let generations = learned.generations.expect("a training");
        assert_close("train_loss", &generations.column("train_loss"), &means, tolerance);
    }
    for gradient in fixture["gradients"].as_array().unwrap() {
        let step_size = steps(&numbers(&gradient["step_size"]))?;
        let depth = gradient["num_iterations"].as_u64().unwrap() as usize;
        let (loss, found) = batch_gradient(&problem(), &network(&step_size)?, depth, (0, batch_size), rng)?;
        assert_close("loss", &[loss], &numbers(&gradient["loss"]), tolerance);
        let found = found.get(step_size.parameter()).unwrap().to_vec1::<f64>()?;
        assert_close("gradient", &found, &numbers(&gradient["gradient"]), 10.0 * tolerance);
    }
    Ok(())
}

#[test]
fn parity_of_least_squares() -> Result<()> {
    let fixture = fixture("least_squares");
    let model = LinearModel::new(tensor(&fixture["a"])?)?;
    let solution = model.solution(0.0)?;
    let batch = |y: &Value| -> Result<_> {
        let y = tensor(y)?;
        let b = model.adjoint.forward(&y)?;
        Ok(Batch { start: b.zeros_like()?, solution: solution.forward(&y)?, data: b })
    };
    let batches = fixture["y"].as_array().unwrap().iter().map(batch).collect::<Result<Vec<_>>>()?;
    assert_close(
        "fixed step",
        &[theory::fixed_step_size(&model.eigenvalues)],
        &numbers(&fixture["fixed_step_size"]),
        1e-13,
    );
    check_parity(&fixture, &[0.0; 8], &batches, 1e-12, |step_size| descent(&model, step_size))
}

#[test]
fn parity_of_projected_gradient_descent() -> Result<()> {
    let fixture = fixture("projected");
    let model = LinearModel::new(tensor(&fixture["a"])?)?;
    let pairs = fixture["y"].as_array().unwrap().iter().zip(fixture["x_star"].as_array().unwrap());
    let batch = |(y, x_star): (&Value, &Value)| -> Result<_> {
        let b = model.adjoint.forward(&tensor(y)?)?;
        let solution = linalg::box_minimum(&model.gram, &b, 1.0)?;
        assert_close("x*", &solution.flatten_all()?.to_vec1::<f64>()?, &numbers(x_star), 1e-12);
        Ok(Batch { start: b.zeros_like()?, solution, data: b })
    };
    let batches = pairs.map(batch).collect::<Result<Vec<_>>>()?;
    check_parity(&fixture, &[0.0; 6], &batches, 1e-12, |step_size| projected(&model, step_size))
}

#[test]
fn parity_of_rastrigin() -> Result<()> {
    let fixture = fixture("rastrigin");
    let batch = |x0: &Value| -> Result<_> {
        let start = tensor(x0)?;
        Ok(Batch { solution: start.zeros_like()?, start, data: () })
    };
    let batches = fixture["x0"].as_array().unwrap().iter().map(batch).collect::<Result<Vec<_>>>()?;
    check_parity(&fixture, &[0.01; 6], &batches, 1e-11, |step_size| {
        Ok(rastrigin::GradientDescent { step_size: step_size.clone() })
    })
}
