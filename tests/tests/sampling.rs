//! Properties of the random data and of the option ranges, for any numbers.

use candle_core::Device;
use chapter2::{rbf, regression};
use common::{
    config::{self, Usage, range},
    sampling::{grid, normal_matrix, normal_vec, observe, rng, unit_sphere},
};
use proptest::{num::f64::ANY, prelude::*};

/// The generator's own numbers: another one, or another version of this one, would change every figure.
#[test]
fn the_generator_is_chacha8_and_stays_so() {
    let first = |seed, stream| rng(seed, stream).next_u64();
    assert_eq!(
        [first(1, 0), first(1, 1), first(2, 0)],
        [7424550030962593201, 15715005604373573095, 16257866876066601925]
    );
    assert_eq!(normal_vec(3, &mut rng(1, 0)), [-0.23484705855592097, -1.4108177006109994, 0.3330286294792717]);
}

/// 100,000 normals: mean, variance, skewness and kurtosis within five of their standard errors.
#[test]
fn normals_are_normal() {
    let n = 100_000;
    let z = normal_vec(n, &mut rng(1, 0));
    let moment = |power: i32| z.iter().map(|z| z.powi(power)).sum::<f64>() / n as f64;
    let moments = [(1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0)]; // power, mean and variance of zᵖ
    for (power, mean, variance) in moments {
        let standard_error = f64::sqrt(variance / n as f64);
        let off = (moment(power) - mean) / standard_error;
        assert!(off.abs() < 5.0, "moment {power}: {off} standard errors off");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_grid_has_its_ends_its_count_and_even_spaces(first in -1e6..1e6, last in -1e6..1e6, count in 2usize..500) {
        let points = grid(first, last, count);
        prop_assert_eq!(points.len(), count);
        prop_assert_eq!(points[0], first);
        prop_assert_eq!(points[count - 1], last);
        let space = (last - first) / (count - 1) as f64;
        let rounding = 4.0 * f64::EPSILON * first.abs().max(last.abs());
        for pair in points.windows(2) {
            prop_assert!((pair[1] - pair[0] - space).abs() <= rounding);
        }
    }

    /// i/N as nearly as an f64 can have it, so that decimals are the decimals one types.
    #[test]
    fn a_grid_from_0_to_1_holds_the_nearest_f64_to_each_fraction(intervals in 1usize..10_000) {
        let points = grid(0.0, 1.0, intervals + 1);
        for (i, point) in points.into_iter().enumerate() {
            prop_assert_eq!(point, i as f64 / intervals as f64);
        }
    }

    #[test]
    fn noise_scales_with_its_standard_deviation(seed: u64, stream: u64, std in 0.0..1e3) {
        let xs = grid(-1.0, 1.0, 7);
        let noise = |std| observe(|_| 0.0, &xs, std, &mut rng(seed, stream));
        let (noise, unit) = (noise(std), noise(1.0));
        for (noise, unit) in noise.into_iter().zip(unit) {
            prop_assert!((noise - std * unit).abs() <= 1e-12 * std);
        }
        prop_assert_eq!(observe(f64::exp, &xs, 0.0, &mut rng(seed, stream)), xs.iter().map(|x| x.exp()).collect::<Vec<_>>());
    }

    #[test]
    fn a_seed_and_stream_repeat_and_others_differ(seed: u64, stream: u64, other: u64) {
        prop_assume!(other != seed && other != stream);
        let draw = |seed, stream| normal_vec(5, &mut rng(seed, stream));
        prop_assert_eq!(draw(seed, stream), draw(seed, stream));
        prop_assert_ne!(draw(seed, stream), draw(other, stream));
        prop_assert_ne!(draw(seed, stream), draw(seed, other));
    }

    #[test]
    fn a_normal_matrix_holds_the_draws_row_by_row(seed: u64, rows in 1usize..8, columns in 1usize..8) {
        let matrix = normal_matrix(rows, columns, &mut rng(seed, 0), &Device::Cpu).unwrap();
        prop_assert_eq!(matrix.dims(), [rows, columns]);
        let entries = matrix.flatten_all().unwrap().to_vec1::<f64>().unwrap();
        prop_assert_eq!(entries, normal_vec(rows * columns, &mut rng(seed, 0)));
    }

    #[test]
    fn points_on_the_sphere_have_length_one(seed: u64, count in 1usize..40, dimension in 1usize..30) {
        let x = unit_sphere(count, dimension, &mut rng(seed, 0), &Device::Cpu).unwrap();
        prop_assert_eq!(x.dims(), [count, dimension]);
        for length in x.sqr().unwrap().sum(1).unwrap().to_vec1::<f64>().unwrap() {
            prop_assert!((length - 1.0).abs() < 1e-14);
        }
    }

    /// A range takes the numbers in it, as they are, and no others, however they are written.
    #[test]
    fn ranges_of_numbers(value in ANY, limit in 1e-3..1e9) {
        let finite = value.is_finite();
        for text in [format!("{value}"), format!("{value:?}"), format!("{value:e}")] {
            prop_assert_eq!(range::positive(&text).ok(), Some(value).filter(|&v| finite && v > 0.0));
            prop_assert_eq!(range::non_negative(&text).ok(), Some(value).filter(|&v| finite && v >= 0.0));
            prop_assert_eq!(range::decay(&text).ok(), Some(value).filter(|&v| (0.0..1.0).contains(&v)));
            prop_assert_eq!(range::finite(&text).ok(), Some(value).filter(|_| finite));
            prop_assert_eq!(range::within(limit)(&text).ok(), Some(value).filter(|v| v.abs() <= limit));
        }
    }

    #[test]
    fn ranges_of_counts(value: usize, small in 0usize..20, max in 1usize..20) {
        for value in [value, small] {
            let text = value.to_string();
            prop_assert_eq!(range::count(max)(&text).ok(), Some(value).filter(|v| (1..=max).contains(v)));
            prop_assert_eq!(range::whole(3, 7)(&text).ok(), Some(value).filter(|v| (3..=7).contains(v)));
            prop_assert_eq!(range::seed(&text).ok(), Some(value as u64));
            for text in [format!("-{text}"), format!("{text}.5"), format!("{text}e3"), format!("1{text:0>20}")] {
                prop_assert!(range::count(usize::MAX)(&text).is_err(), "{}", text);
            }
        }
    }

    /// Any text at all: no panic, and what passes is in range.
    #[test]
    fn ranges_of_any_text(text in ".*") {
        prop_assert!(range::positive(&text).is_ok_and(|v| v > 0.0 && v.is_finite()) || range::positive(&text).is_err());
        prop_assert!(range::decay(&text).is_ok_and(|v| (0.0..1.0).contains(&v)) || range::decay(&text).is_err());
        prop_assert!(range::count(9)(&text).is_ok_and(|v| (1..=9).contains(&v)) || range::count(9)(&text).is_err());
        let _ = (range::seed(&text), range::finite(&text), range::non_negative(&text));
    }

    /// A configuration built in code is held to the ranges of the command line.
    #[test]
    fn a_section_refuses_what_its_options_refuse(value in ANY, count: usize) {
        type Set = fn(&mut regression::Config, f64);
        let fields: [(&str, Set, bool); 5] = [
            ("--learning-rate", |c, v| c.optimizer.learning_rate = v, value > 0.0),
            ("--noise-std", |c, v| c.noise_std = v, value >= 0.0),
            ("--beta1", |c, v| c.optimizer.hyperparameters.beta1 = v, (0.0..1.0).contains(&value)),
            ("--epsilon", |c, v| c.optimizer.hyperparameters.epsilon = v, value > 0.0),
            ("--weight-decay", |c, v| c.optimizer.hyperparameters.weight_decay = v, value >= 0.0),
        ];
        for (option, set, in_range) in fields {
            let mut config = regression::Config::default();
            set(&mut config, value);
            match config::validate(&config) {
                Ok(()) => prop_assert!(in_range && value.is_finite(), "{} {}", option, value),
                Err(error) => {
                    prop_assert!(!(in_range && value.is_finite()), "{} {}", option, value);
                    prop_assert!(error.is::<Usage>() && error.to_string().contains(option), "{}", error);
                }
            }
        }
        for count in [count, count % 1000] {
            let config = rbf::Config { num_basis: count, ..Default::default() };
            let message = config::validate(&config).err().map(|error| error.to_string());
            prop_assert_eq!(message.is_none(), (1..=500).contains(&count));
            if let Some(message) = message {
                let parts = ["--num-basis", &format!("'{count}'"), "500"];
                prop_assert!(parts.iter().all(|part| message.contains(part)), "{}", message);
            }
        }
    }
}
