//! Section 2.4.4: what Adam's step count is for, by a quirk of the article's program.
//!
//! The reading group's program hands Adam the index within the epoch as the step count t, so the bias corrections begin anew in
//! every epoch while the averages m and s go on. But for ε, t enters the update through one factor only,
//! cₜ = √(1 − β₂ᵗ) / (1 − β₁ᵗ), which multiplies −α·m/√s: a restarting count acts like a smaller learning rate. Here the
//! regression of [`crate::regression`] is trained with both counts, from the same start on the same data, for several seeds.
//!
//! | symbol | here |
//! |---|---|
//! | cₜ | [`factor`] |
//! | α, β₁, β₂ | those of [`crate::regression::Config`] |
//!
//! Run it with `cargo run --release --bin sec2_4_4_step_counts`. At the article's learning rate the restart ends lower, at the
//! book's higher.

use anyhow::{Context as _, Result, ensure};
use common::{
    config,
    context::{Context, Phase},
    figure::{Figure, Panel, Series},
    optim::{Hyperparameters, Rule},
    sampling::{self, grid},
    section::{Preset, Report, Section},
    table::Table,
};

use crate::regression::{self, truth};

/// The numbers of the experiment.
#[derive(Debug, Clone, clap::Args, serde::Serialize)]
#[command(mut_arg("restart_step_count", |argument| argument.help("Of no effect here: both ways are trained")))]
pub struct Config {
    /// Number of seeds, one after the other from --seed on: each draws its own noise, 1 to 100
    #[arg(long, value_name = "S", default_value_t = 8, value_parser = config::range::count(100))]
    pub num_seeds: usize,
    /// The regression
    #[command(flatten)]
    #[serde(flatten)]
    pub regression: regression::Config,
}

impl Default for Config {
    fn default() -> Self {
        config::defaults()
    }
}

/// What became of the data of one seed.
#[derive(Debug)]
pub struct Pair {
    /// The seed
    pub seed: u64,
    /// Trained with a step count that runs on
    pub running: regression::Outcome,
    /// Trained with one that restarts every epoch
    pub restarting: regression::Outcome,
}

/// What came out, seed by seed.
#[derive(Debug)]
pub struct Outcome {
    /// The seeds
    pub pairs: Vec<Pair>,
}

/// What Adam's bias corrections together make of the learning rate at step t: √(1−β₂ᵗ)/(1−β₁ᵗ).
// ANCHOR: factor
pub fn factor(Hyperparameters { beta1, beta2, .. }: &Hyperparameters, t: usize) -> f64 {
    let t = t as f64;
    (1.0 - beta2.powf(t)).sqrt() / (1.0 - beta1.powf(t))
}
// ANCHOR_END: factor

/// The section as a program.
#[derive(Debug)]
pub struct StepCounts;

impl Section for StepCounts {
    const NAME: &'static str = "sec2_4_4_step_counts";
    const TITLE: &'static str = "Adam's step count: running on, or restarting every epoch";
    const HELP: &'static str = "\
The article's program restarts Adam's step count, and with it the bias corrections, in every epoch. The regression of section \
2.4.4 is trained both ways from the same start on the same data, for several seeds. The figure shows both curves and both \
errors by epoch for the first seed. Try --preset book, where the restart is no advantage.";
    const PRESETS: &'static [Preset] = regression::Regression::PRESETS;
    type Config = Config;
    type Outcome = Outcome;

    fn run(config: &Config, context: &mut Context) -> Result<Outcome> {
        config::validate(config)?;
        let counts = matches!(config.regression.optimizer.rule, Rule::Adam | Rule::AdamW);
        let message = "invalid value for '--optimizer': must be adam or adamw, which count their steps";
        ensure!(counts, config::Usage(message.into()));
        context.phase(Phase::Training);
        let mut pairs = vec![];
        for i in 0..config.num_seeds {
            context.progress_part(i, config.num_seeds);
            let seed = context.seed.wrapping_add(i as u64);
            // ANCHOR: both
            let xs = grid(0.0, 1.0, config.regression.num_samples);
            let ys = sampling::observe(truth, &xs, config.regression.noise_std, &mut sampling::rng(seed, 0));
            let mut fit = |restart_step_count| {
                let config = regression::Config { restart_step_count, ..config.regression.clone() };
                let fit = regression::fit(&config, &xs, &ys, context);
                fit.with_context(|| format!("seed {seed}, restarting {restart_step_count}"))
            };
            pairs.push(Pair { seed, running: fit(false)?, restarting: fit(true)? });
            // ANCHOR_END: both
        }
        Ok(Outcome { pairs })
    }

    fn report(config: &Config, outcome: &Outcome) -> Result<Report> {
        let regression::Config { num_epochs, num_samples, optimizer, .. } = &config.regression;
        let learning_rate = optimizer.learning_rate;
        let mut summary = format!(
            "mean squared error on the data after {num_epochs} epochs at learning rate {learning_rate}\n\
             seed  running on  restarting every epoch\n"
        );
        let error = |outcome: &regression::Outcome| outcome.history.last("mean_squared_error");
        let mut errors = Table::new("seed", ["running", "restarting"]);
        for Pair { seed, running, restarting } in &outcome.pairs {
            summary += &format!("{seed:>4}  {:>10.6}  {:>10.6}\n", error(running), error(restarting));
            errors.push(usize::try_from(*seed)?, &[error(running), error(restarting)]);
        }
        let lower = outcome.pairs.iter().filter(|pair| error(&pair.restarting) < error(&pair.running)).count();
        let factor = |t| factor(&optimizer.hyperparameters, t);
        let updates = num_epochs * num_samples;
        summary += &format!(
            "the restart ends lower for {lower} of {} seeds\n√(1−β₂ᵗ)/(1−β₁ᵗ) is {:.3} at t = 1, {:.3} at t = {num_samples} \
             (one epoch), {:.3} at t = {updates} (all)",
            outcome.pairs.len(),
            factor(1),
            factor(*num_samples),
            factor(updates),
        );
        let first = &outcome.pairs[0];
        let column = |name: &str, o: &regression::Outcome| (name.to_owned(), o.history.column("mean_squared_error"));
        let columns = [column("running", &first.running), column("restarting", &first.restarting)];
        Ok(Report::new(format!("the restart ends lower for {lower} of {} seeds", outcome.pairs.len()), summary)
            .table("history", &Table::of_columns("epoch", 0, &columns))
            .table("errors", &errors)
            .figure("step_counts", figure(config, first)?))
    }
}

fn figure(config: &Config, pair: &Pair) -> Result<Figure> {
    let xs = grid(0.0, 1.0, 201);
    let mut fit = Panel::new("Truth, observations and the learned curves", "x", "y");
    fit = fit.series(Series::line("truth f(x)", &xs, &xs.iter().map(|&x| truth(x)).collect::<Vec<_>>()));
    let title = format!("Mean squared error, learning rate {}", config.regression.optimizer.learning_rate);
    let mut losses = Panel::new(title, "epoch", "mean squared error").log_y();
    for (name, outcome) in [("running on", &pair.running), ("restarting every epoch", &pair.restarting)] {
        fit = fit.series(Series::line(format!("g(x), step count {name}"), &xs, &outcome.g(&xs)?));
        let (epochs, errors) = (outcome.history.counts(), outcome.history.column("mean_squared_error"));
        losses = losses.series(Series::line_with_markers(format!("step count {name}"), &epochs, &errors));
    }
    let name = format!("observations, σ = {}", config.regression.noise_std);
    let fit = fit.series(Series::scatter(name, &pair.running.xs, &pair.running.ys));
    Ok(Figure::new().panel(fit).panel(losses).columns(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_restart_helps_at_the_articles_learning_rate_only() -> Result<()> {
        let lower = |overrides| -> Result<usize> {
            let outcome = StepCounts::run(&config::with_overrides(overrides), &mut Context::new(1))?;
            let error = |outcome: &regression::Outcome| outcome.history.last("mean_squared_error");
            Ok(outcome.pairs.iter().filter(|pair| error(&pair.restarting) < error(&pair.running)).count())
        };
        assert_eq!((lower(&[])?, lower(StepCounts::PRESETS[1].values)?), (8, 0));
        Ok(())
    }
}
