//! Long unrolls: candle walks a graph recursively, so threads need the deep stacks of `shell::process`.

use anyhow::Result;
use candle_core::{Device, Tensor};
use chapter3::least_squares::{GradientDescent, Observations};
use common::{
    linear_model::LinearModel,
    ops::AffineStep,
    sampling::rng,
    unfolding::{Problem, Schedule, batch_gradient, theory},
};
use shell::process;

const DEPTH: usize = 2000;

/// On the thread that computes, several plain operations for each step; on the workers, the fused step. One test, because
/// the workers are started once in a process.
#[test]
fn two_thousand_unrolled_steps() -> Result<()> {
    process::with_deep_stack(|| {
        process::start_workers()?;
        unrolled()
    })
}

fn unrolled() -> Result<()> {
    let model = LinearModel::gaussian(8, 4, &mut rng(1, 0), &Device::Cpu)?;
    let fixed = theory::fixed_step_size(&model.eigenvalues);
    let step_size = Schedule::learned("step_size", &Tensor::new(&[fixed], &Device::Cpu)?, 1.0)?;
    let network = GradientDescent { step: AffineStep::new(&model.gram)?, step_size: step_size.clone() };
    let problem = Observations { solution: model.solution(0.0)?, model: model.clone() };
    let parameters = [step_size.parameter()];
    let (loss, gradients) = batch_gradient(&problem, &network, DEPTH, (0, 50), |shard| rng(2, shard as u64))?;
    assert!(loss < 1e-20, "{loss}: gradient descent has long arrived");
    assert!(gradients.get(parameters[0]).is_some());

    let batch = problem.draw(50, &mut rng(2, 0))?;
    let eta = parameters[0].get(0)?;
    let mut x: Tensor = batch.start.clone();
    for _ in 0..DEPTH {
        let gradient = (x.matmul(&model.gram)? - &batch.data)?;
        x = (&x - gradient.broadcast_mul(&eta)?)?;
    }
    let gradients = (x - &batch.solution)?.sqr()?.sum_all()?.backward()?;
    let gradient = gradients.get(parameters[0]).map(Tensor::to_vec1::<f64>).transpose()?.unwrap_or_default();
    assert!(matches!(gradient[..], [g] if g.is_finite()), "{gradient:?}");
    Ok(())
}
