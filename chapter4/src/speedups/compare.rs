//! All methods on one matrix.

use anyhow::Result;
use common::{
    context::Context,
    unfolding::{Algorithm, Training, squared_errors},
};

use super::{
    Config, Curve,
    methods::{Amp, Lista, Tista},
};
use crate::{
    du_ista,
    ista::{Fista, Ista},
    sparse::{Observed, SparseRecovery, median},
};

/// Trains an algorithm and measures it.
fn method<A: Algorithm<Data = Observed>>(
    (name, label, training): (&str, String, Training),
    problem: &SparseRecovery,
    algorithm: &A,
    num_test: usize,
    context: &mut Context,
) -> Result<Curve> {
    let learned = algorithm.schedules().into_iter().filter(|schedule| schedule.learning_rate().is_some());
    let learned = learned.map(|schedule| schedule.parameter().elem_count()).sum();
    if learned > 0 {
        let name = format!("{name}_{}", problem.gamma()); // one training for each matrix
        training.train(&name, (problem, problem), algorithm, context)?;
    }
    let errors = squared_errors(problem, algorithm, training.num_generations, num_test, context.seed)?;
    let mean = |errors: &Vec<f64>| errors.iter().sum::<f64>() / errors.len() as f64;
    Ok(Curve {
        name: name.to_owned(),
        label,
        learned,
        mean: errors.iter().map(mean).collect(),
        median: errors.iter().map(|errors| median(errors)).collect(),
    })
}

/// All methods on the matrix of `problem`, which is number `seed`.
pub fn run(config: &Config, problem: &SparseRecovery, seed: usize, context: &mut Context) -> Result<Vec<Curve>> {
    let base = Training {
        num_generations: config.num_iterations,
        batch_size: config.batch_size,
        num_test: 100, // of the generations' table, which nobody sees here
        ..du_ista::Config::default().training
    };
    let mut curves = vec![];
    let fista = |lambda: f64| Ok(Fista(Ista::fixed(problem, lambda)?));
    for lambda in [1.0, 3.0] {
        let name = format!("fixed_ista_{lambda}");
        let of = (&*name, format!("ISTA, λ = {lambda}"), base);
        curves.push(method(of, problem, &Ista::fixed(problem, lambda)?, config.num_test, context)?);
        let name = format!("fixed_fista_{lambda}");
        let of = (&*name, format!("FISTA, λ = {lambda}"), base);
        curves.push(method(of, problem, &fista(lambda)?, config.num_test, context)?);
    }
    let (_, tuned) = du_ista::tuned(problem, config.num_iterations, context.seed, fista)?;
    let of = ("fixed_fista_tuned", "FISTA, λ tuned".to_owned(), base);
    curves.push(method(of, problem, &tuned, config.num_test, context)?);
    let of = ("fixed_amp", "AMP".to_owned(), base);
    curves.push(method(of, problem, &Amp::new(problem)?, config.num_test, context)?);

    let parts = config.learning_rates.len() + 3;
    let total = (parts * config.num_seeds) as f64;
    let part = |i: usize, context: &mut Context| {
        let done = (seed * parts + i) as f64;
        context.progress_span(done / total, (done + 1.0) / total);
    };
    for (i, &learning_rate) in config.learning_rates.iter().enumerate() {
        part(i, context);
        let training = Training { learning_rate, ..base };
        let name = format!("learned_du_ista_{learning_rate:e}");
        let of = (&*name, format!("DU-ISTA, {learning_rate:e}"), training);
        curves.push(method(of, problem, &du_ista::learned(&training, problem)?, config.num_test, context)?);
    }
    part(parts - 3, context);
    let training = Training { num_generations: config.tista_iterations, num_updates: 40, ..base };
    let tista = Tista::learned(problem, config.tista_iterations, 0.04)?;
    let of = ("learned_tista", "TISTA".to_owned(), training);
    curves.push(method(of, problem, &tista, config.num_test, context)?);
    let training = Training { num_generations: config.lista_iterations, num_updates: config.lista_updates, ..base };
    part(parts - 2, context);
    let lista = Lista::learned(problem, config.lista_iterations)?;
    let of = ("learned_lista_cp", "LISTA-CP".to_owned(), training);
    curves.push(method(of, problem, &lista, config.num_test, context)?);
    part(parts - 1, context);
    let alista = Lista::analytic(problem, config.lista_iterations)?;
    let of = ("learned_alista", "ALISTA".to_owned(), training);
    curves.push(method(of, problem, &alista, config.num_test, context)?);
    Ok(curves)
}
