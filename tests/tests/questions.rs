//! The answers to the reading group's questions hold, for every seed taken, and do not depend on the number of threads.

use anyhow::Result;
use chapter2::{
    analytic::{self, Analytic},
    compact_domain::{self, CompactDomain, evaluation_points},
    rbf_vs_nn::{self, Curve, Method, RbfVsNn, Training},
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
fn outside_the_compact_domain_nothing_is_promised() -> Result<()> {
    let config = compact_domain::Config { training: training(), ..Default::default() };
    let outcome = CompactDomain::run(&config, &mut Context::new(3))?;
    let xs = evaluation_points();
    let truth: Vec<f64> = xs.iter().map(|&x| chapter2::rbf::target(x)).collect();
    for (method, curves) in compact_domain::METHODS.iter().zip(&outcome.learned) {
        assert_eq!(curves.len(), config.training.num_seeds);
        for g in curves {
            let (first, last) = (g[0], g[g.len() - 1]);
            let curvature = [g[0] - 2.0 * g[1] + g[2], g[598] - 2.0 * g[599] + g[600]];
            let inside = xs.iter().zip(g).zip(&truth).filter(|((x, _), _)| (0.0..=1.0).contains(*x));
            let worst = inside.fold(0f64, |worst, ((_, g), f)| worst.max((g - f).abs()));
            assert!(worst < 0.1, "{method:?}: {worst} inside");
            assert!((first - truth[0]).abs() > 100.0, "{method:?}"); // a thousand times that
            match method {
                Method::Relu => assert!(curvature.iter().all(|c| c.abs() < 1e-10)), // a straight line
                Method::Tanh => assert!(first.abs() < 10.0 && last.abs() < 10.0),   // saturated
                _ => assert!(first.abs() < 1e-10 && last.abs() < 1e-10),            // nothing left
            }
        }
    }
    Ok(())
}
