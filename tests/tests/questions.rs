//! The answers to the reading group's questions hold, for every seed taken, and do not depend on the number of threads.

use anyhow::Result;
use chapter2::{
    analytic::{self, Analytic},
    approximation::Training,
    compact_domain::{self, CompactDomain, Learned},
    rbf_vs_nn::{self, Curve, Method, RbfVsNn},
    three_layer_nn::{self, ThreeLayerNn},
};
use common::{context::Context, section::Section};

fn training() -> Training {
    Training { num_seeds: 3, num_updates: 3000, ..compact_domain::Config::default().training }
}

fn comparison() -> rbf_vs_nn::Config {
    rbf_vs_nn::Config { num_parameters: vec![10, 50], training: training(), ..rbf_vs_nn::Config::default() }
}

/// Everything that a section writes as numbers, computed on so many threads.
fn written<S: Section>(config: &S::Config, threads: usize) -> Result<Vec<String>>
where
    S::Config: Sync,
{
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    pool.install(|| {
        let report = S::report(config, &S::run(config, &mut Context::new(7))?)?;
        let tables = report.tables.iter().map(|(_, table)| table.to_csv());
        Ok(tables.chain([report.summary]).collect())
    })
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() -> Result<()> {
    fn check<S: Section>(config: &S::Config) -> Result<()>
    where
        S::Config: Sync,
    {
        assert!(written::<S>(config, 1)? == written::<S>(config, 2)?, "{}", S::NAME);
        Ok(())
    }
    let training = Training { num_seeds: 2, num_updates: 50, ..training() };
    check::<RbfVsNn>(&rbf_vs_nn::Config { training: training.clone(), ..comparison() })?;
    check::<CompactDomain>(&compact_domain::Config { training, ..Default::default() })?;
    check::<Analytic>(&analytic::Config { num_updates: 50, ..Default::default() })
}

#[test]
fn radial_basis_functions_need_fewer_updates_and_networks_suffer_less_from_noise() -> Result<()> {
    let config = comparison();
    let outcome = RbfVsNn::run(&config, &mut Context::new(1))?;
    let last = outcome.updates.len() - 1;
    let find = |noisy, method, n| -> &Curve {
        let mut curves = outcome.curves.iter();
        let found = curves.find(|c| c.noisy == noisy && c.method == method && c.n == n);
        found.expect("every combination is there")
    };
    let updates_to = |method, error| {
        let medians = &find(false, method, 50).inside.median;
        outcome.updates[medians.iter().position(|&e| e < error).unwrap_or(last)]
    };
    for network in [Method::Relu, Method::Tanh] {
        // Clean target: Adam brings the bumps' weights below 0.01 much sooner than a network of that size.
        assert!(updates_to(Method::Rbf, 0.01) * 4 < updates_to(network, 0.01));
    }
    for n in config.num_parameters.iter().copied() {
        // relu is rougher than bumps in every run; and Adam comes down to least squares.
        let best = find(false, Method::LeastSquares, n).inside.median[last];
        assert!(best < find(false, Method::Relu, n).inside.low[last]);
        assert!(find(false, Method::Rbf, n).inside.median[last] < 1.2 * best);
    }
    // Noisy target: what more bumps fit is noise; tanh does not follow it as far.
    let noisy = |method, n| find(true, method, n).inside.median[last];
    assert!(noisy(Method::LeastSquares, 50) > 1.4 * noisy(Method::LeastSquares, 10));
    assert!(noisy(Method::Tanh, 50) < 0.8 * noisy(Method::LeastSquares, 50));
    // Outside, no run of any method is of use: its error is that of the answer 0, up to a factor of two.
    for curve in &outcome.curves {
        let [low, high] = [curve.outside.low[last], curve.outside.high[last]];
        assert!(low > 1.6 && high < 6.4, "{curve:?}");
    }
    Ok(())
}

#[test]
fn gradient_descent_crawls_where_the_singular_values_are_small() -> Result<()> {
    let config = analytic::Config { num_updates: 10_000, ..Default::default() };
    let outcome = Analytic::run(&config, &mut Context::new(1))?;
    let losses = outcome.gradient_descent.history.column("sum_squared_error");
    assert!(losses.windows(2).all(|pair| pair[1] < pair[0]));
    assert!(losses[losses.len() - 1] > 1e-4 && outcome.closed_form < 1e-20 && outcome.orthonormal < 1e-20);
    let components = &outcome.gradient_descent.components;
    let (start, end) = (&components[0].1, &components[components.len() - 1].1);
    for (i, sigma) in outcome.problem.svd.sigma[..outcome.problem.rank].iter().enumerate() {
        let waited = 2.0 * config.step_size * sigma * sigma * config.num_updates as f64;
        let left = (end[i] / start[i]).abs();
        assert!(waited > 0.01 || left > 0.98, "direction {i} has moved: {left}");
        assert!(waited < 10.0 || left < 1e-4, "direction {i} is still there: {left}");
    }
    Ok(())
}

#[test]
fn compact_sets_are_approximated_and_what_is_not_compact_is_not() -> Result<()> {
    let config = compact_domain::Config {
        half_widths: vec![1.0, 8.0],
        left_ends: vec![0.3],
        training: training(),
        ..Default::default()
    };
    let outcome = CompactDomain::run(&config, &mut Context::new(3))?;
    let largest = |learned: &Learned| learned.errors().into_iter().fold(0.0, f64::max);
    let [near, _, far, ..] = &outcome.sines[..] else { panic!("two networks for each R") };
    assert!(near.network == "tanh" && largest(near) < 0.1 && far.errors().into_iter().all(|error| error > 0.5));
    assert!(outcome.reciprocals.iter().chain(&outcome.pieces).all(|learned| largest(learned) < 0.5));
    for g in &near.curves {
        let level = (g[g.len() - 1] - g[g.len() - 101]).abs();
        assert!(level < 0.2, "tanh is still moving: {level}"); // over half of R, where the sine goes up and down
    }
    for g in &outcome.sines[1].curves {
        let n = g.len();
        assert!((g[n - 1] - 2.0 * g[n - 2] + g[n - 3]).abs() < 1e-9); // relu is a straight line
    }
    // Near 0 the network is some number, and 1/x is a million.
    assert!(outcome.reciprocals.iter().flat_map(|learned| &learned.curves).all(|g| g[0].abs() < 1e3));
    Ok(())
}

/// Of the seeds 1 to 10, three diverge at the book's step size, as the page says; at 0.3 wider networks learn faster.
#[test]
fn three_of_ten_networks_diverge_and_wide_ones_learn_fastest() -> Result<()> {
    let diverges =
        |seed: &u64| ThreeLayerNn::run(&three_layer_nn::Config::default(), &mut Context::new(*seed)).is_err();
    assert_eq!((1..=10).filter(diverges).collect::<Vec<_>>(), [5, 6, 8]);
    for seed in 1..=5 {
        let loss = |num_hidden| -> Result<f64> {
            let config = three_layer_nn::Config { step_size: 0.3, num_hidden, ..Default::default() };
            Ok(ThreeLayerNn::run(&config, &mut Context::new(seed))?.history.last("half_sum_squared_error"))
        };
        let [narrow, book, wide] = [loss(20)?, loss(100)?, loss(1000)?];
        assert!(narrow > book && book > wide, "seed {seed}: {narrow} {book} {wide}");
    }
    Ok(())
}
