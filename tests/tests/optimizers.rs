//! The optimizers: one table of rules × {quadratic, Rosenbrock}, against PyTorch and against steps worked out by hand.

use anyhow::Result;
use candle_core::{DType, Device, Tensor, Var};
use candle_nn::Optimizer as _;
use chapter2::gradient_descent::f as quadratic;
use common::optim::{Config, Hyperparameters, Optimizer, Rule};
use serde_json::Value;
use tests::fixtures::{assert_vector_close, fixture, number, numbers, rows, runs};

/// The rules under the names of the fixture.
const RULES: [(&str, Rule); 7] = [
    ("gradient_descent", Rule::GradientDescent),
    ("momentum", Rule::Momentum),
    ("nesterov", Rule::Nesterov),
    ("adagrad", Rule::AdaGrad),
    ("rmsprop", Rule::RmsProp),
    ("adam", Rule::Adam),
    ("adamw", Rule::AdamW),
];

/// (1 − x₁)² + 100(x₂ − x₁²)² of a vector `[2]`.
fn rosenbrock(x: &Tensor) -> candle_core::Result<Tensor> {
    let (x1, x2) = (x.get(0)?, x.get(1)?);
    x1.affine(-1.0, 1.0)?.sqr()? + ((x2 - x1.sqr()?)?.sqr()? * 100.0)?
}

fn loss(function: &str, x: &Tensor) -> candle_core::Result<Tensor> {
    match function {
        "quadratic" => quadratic(x),
        "rosenbrock" => rosenbrock(x),
        other => panic!("no function {other}"),
    }
}

/// The update rules in plain tensor operations: the reference for the optimizer's loops over slices.
struct Plain {
    config: Config,
    step_count: i32,
    m: Tensor,
    v: Tensor,
}

impl Plain {
    fn step(&mut self, var: &Var, g: &Tensor) -> candle_core::Result<()> {
        self.step_count += 1;
        let Config { rule, learning_rate: alpha, hyperparameters: h } = self.config;
        let bias = |beta: f64| 1.0 - beta.powi(self.step_count);
        let (m, v) = (&mut self.m, &mut self.v);
        let direction = match rule {
            Rule::GradientDescent => g.clone(),
            Rule::Momentum => {
                *m = ((&*m * h.momentum)? + g)?;
                m.clone()
            }
            Rule::Nesterov => {
                *m = ((&*m * h.momentum)? + g)?;
                (g + (&*m * h.momentum)?)?
            }
            Rule::AdaGrad => {
                *v = (&*v + g.sqr()?)?;
                (g / (v.sqrt()? + h.epsilon)?)?
            }
            Rule::RmsProp => {
                *v = ((&*v * h.decay)? + (g.sqr()? * (1.0 - h.decay))?)?;
                (g / (v.sqrt()? + h.epsilon)?)?
            }
            Rule::Adam | Rule::AdamW => {
                *m = ((&*m * h.beta1)? + (g * (1.0 - h.beta1))?)?;
                *v = ((&*v * h.beta2)? + (g.sqr()? * (1.0 - h.beta2))?)?;
                ((&*m / bias(h.beta1))? / ((&*v / bias(h.beta2))?.sqrt()? + h.epsilon)?)?
            }
        };
        let kept = if rule == Rule::AdamW { 1.0 - alpha * h.weight_decay } else { 1.0 };
        var.set(&((var.as_detached_tensor() * kept)? - (direction * alpha)?)?)
    }
}

/// Which of the two ways parameters are updated.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    InPlace,
    Plain,
}

/// The start and the iterates of `num_steps` updates, as f64.
fn trajectory(config: Config, function: &str, start: &Tensor, num_steps: usize, way: Way) -> Result<Vec<Vec<f64>>> {
    let x = Var::from_tensor(start)?;
    let mut optimizer = Optimizer::new(vec![x.clone()], config)?;
    let zeros = start.zeros_like()?;
    let mut plain = Plain { config, step_count: 0, m: zeros.clone(), v: zeros };
    let point = || x.to_dtype(DType::F64)?.to_vec1::<f64>();
    let mut iterates = vec![point()?];
    for _ in 0..num_steps {
        let gradients = loss(function, &x)?.backward()?;
        match way {
            Way::InPlace => optimizer.step(&gradients)?,
            Way::Plain => plain.step(&x, gradients.get(&x).expect("a gradient"))?,
        }
        iterates.push(point()?);
    }
    assert_eq!(x.dtype(), start.dtype());
    Ok(iterates)
}

/// The rule and the numbers of a run of the fixture.
fn config(run: &Value) -> Config {
    let name = run["optimizer"].as_str().expect("a name");
    let (_, rule) = RULES.iter().find(|(known, _)| *known == name).expect("a known rule");
    let mut config = rule.with(number(&run["learning_rate"]));
    let h = &mut config.hyperparameters;
    for (name, value) in run["hyper_parameters"].as_object().into_iter().flatten() {
        let field = match name.as_str() {
            "momentum" => &mut h.momentum,
            "alpha" => &mut h.decay, // PyTorch's name
            "beta1" => &mut h.beta1,
            "beta2" => &mut h.beta2,
            "epsilon" => &mut h.epsilon,
            "weight_decay" => &mut h.weight_decay,
            other => panic!("no hyper-parameter {other}"),
        };
        *field = number(value);
    }
    config
}

/// Does `check` to each run of the table: a label, the rule and its numbers, the function, the start, the expected iterates.
fn for_each_run(check: impl Fn(&str, Config, &str, &Tensor, &[Vec<f64>]) -> Result<()>) -> Result<()> {
    let fixture = fixture("optimizers");
    for (name, _) in RULES {
        for function in ["quadratic", "rosenbrock"] {
            let run = runs(&fixture)
                .iter()
                .find(|run| run["optimizer"] == name && run["function"] == function)
                .expect("a run for each rule and function");
            let start = numbers(&fixture["functions"][function]["start"]);
            let start = Tensor::new(start, &Device::Cpu)?;
            let label = format!("{name} on {function}");
            check(&label, config(run), function, &start, &rows(&run["iterates"]))?;
        }
    }
    Ok(())
}

#[test]
fn every_rule_walks_pytorchs_path() -> Result<()> {
    for_each_run(|label, config, function, start, expected| {
        assert_eq!(expected.len(), 51);
        for way in [Way::InPlace, Way::Plain] {
            let found = trajectory(config, function, start, 50, way)?;
            for (k, (found, expected)) in found.iter().zip(expected).enumerate() {
                assert_vector_close(&format!("{label}, {way:?}, update {k}"), found, expected, 1e-12);
            }
        }
        Ok(())
    })
}

#[test]
fn an_f32_parameter_walks_the_same_path_to_its_precision() -> Result<()> {
    for_each_run(|label, config, function, start, expected| {
        let start = start.to_dtype(DType::F32)?;
        for way in [Way::InPlace, Way::Plain] {
            let found = trajectory(config, function, &start, 10, way)?;
            for (k, (found, expected)) in found.iter().zip(expected).enumerate() {
                // Ten updates of Rosenbrock's steep valley magnify a rounding error of 6e-8 some ten times.
                assert_vector_close(&format!("{label}, {way:?}, update {k}"), found, expected, 1e-5);
            }
        }
        Ok(())
    })
}

/// Two updates on f(x) = 4x² from x = 1, so g = 8x, with α = 0.1 and numbers that make the arithmetic short;
/// ε = 1, so that its place in the formula shows.
#[test]
fn first_steps_by_hand() -> Result<()> {
    let hyperparameters =
        Hyperparameters { momentum: 0.5, decay: 0.75, beta1: 0.5, beta2: 0.75, epsilon: 1.0, weight_decay: 0.5 };
    let table = [
        // g = 8, then 8·0.2 = 1.6
        (Rule::GradientDescent, 0.2, 0.2 - 0.16),
        // m = 8, then 0.5·8 + 1.6 = 5.6
        (Rule::Momentum, 0.2, 0.2 - 0.56),
        // m = 8, step 8 + 4 = 12: x = −0.2; then g = −1.6, m = 4 − 1.6 = 2.4, step −1.6 + 1.2 = −0.4
        (Rule::Nesterov, -0.2, -0.2 + 0.04),
        // v = 64, step 8/(8 + 1): x = 1 − 0.8/9 = 8.2/9; then g = 65.6/9, v = 64 + g²
        (Rule::AdaGrad, 8.2 / 9.0, {
            let g: f64 = 65.6 / 9.0;
            8.2 / 9.0 - 0.1 * g / ((64.0 + g * g).sqrt() + 1.0)
        }),
        // v = 64/4 = 16, step 8/(4 + 1) = 1.6: x = 0.84; then g = 6.72, v = 12 + g²/4 = 23.2896
        (Rule::RmsProp, 0.84, 0.84 - 0.672 / (23.2896f64.sqrt() + 1.0)),
        // bias correction makes m̂ = g, v̂ = g²: x = 8.2/9; then m = 0.5·4 + 0.5g over 3/4, v = 0.75·16 + 0.25g² over 7/16
        (Rule::Adam, 8.2 / 9.0, {
            let g = 65.6 / 9.0;
            let (m, v): (f64, f64) = ((2.0 + 0.5 * g) / 0.75, (12.0 + 0.25 * g * g) / 0.4375);
            8.2 / 9.0 - 0.1 * m / (v.sqrt() + 1.0)
        }),
        // the same behind x ← x − 0.1·0.5·x = 0.95x
        (Rule::AdamW, 0.95 - 0.8 / 9.0, {
            let x = 0.95 - 0.8 / 9.0;
            let g = 8.0 * x;
            let (m, v): (f64, f64) = ((2.0 + 0.5 * g) / 0.75, (12.0 + 0.25 * g * g) / 0.4375);
            0.95 * x - 0.1 * m / (v.sqrt() + 1.0)
        }),
    ];
    for (rule, first, second) in table {
        for way in [Way::InPlace, Way::Plain] {
            let config = Config { rule, learning_rate: 0.1, hyperparameters };
            let start = Tensor::new(&[1.0, 0.0], &Device::Cpu)?; // the quadratic is 4x₁² + x₂²
            let x = trajectory(config, "quadratic", &start, 2, way)?;
            for (k, by_hand) in [first, second].into_iter().enumerate() {
                let found = x[k + 1][0];
                assert!(
                    (found - by_hand).abs() < 1e-14,
                    "{rule:?}, {way:?}, step {}: {found}, by hand {by_hand}",
                    k + 1
                );
            }
        }
    }
    Ok(())
}

#[test]
fn adam_is_candles_adamw_without_decay() -> Result<()> {
    let start = Tensor::new(&[[-1.2, 1.0], [0.3, 2.0]], &Device::Cpu)?;
    let [ours, candles] = [Var::from_tensor(&start)?, Var::from_tensor(&start.copy()?)?];
    let mut adam = Optimizer::new(vec![ours.clone()], Rule::Adam.with(0.02))?;
    let parameters = candle_nn::ParamsAdamW { lr: 0.02, weight_decay: 0.0, ..Default::default() };
    let mut adamw = candle_nn::AdamW::new(vec![candles.clone()], parameters)?;
    let loss = |x: &Tensor| x.sin()?.sqr()?.sum_all();
    for _ in 0..50 {
        adam.backward_step(&loss(&ours)?)?;
        adamw.backward_step(&loss(&candles)?)?;
    }
    let entries = |x: &Var| x.flatten_all()?.to_vec1::<f64>();
    assert_vector_close("adam", &entries(&ours)?, &entries(&candles)?, 1e-13);
    Ok(())
}

#[test]
fn a_step_count_of_zero_restarts_the_bias_correction_and_keeps_the_moments() -> Result<()> {
    let hyperparameters = Hyperparameters { beta1: 0.5, beta2: 0.75, epsilon: 1.0, ..Default::default() };
    let x = Var::new(&[1.0, 0.0], &Device::Cpu)?;
    let mut adam = Optimizer::new(vec![x.clone()], Config { rule: Rule::Adam, learning_rate: 0.1, hyperparameters })?;
    adam.backward_step(&quadratic(&x)?)?;
    adam.set_step_count(0);
    adam.backward_step(&quadratic(&x)?)?;
    // As by hand above, divided by 1 − 0.5 and 1 − 0.75 again.
    let g = 65.6 / 9.0;
    let (m, v): (f64, f64) = ((2.0 + 0.5 * g) / 0.5, (12.0 + 0.25 * g * g) / 0.25);
    let expected = 8.2 / 9.0 - 0.1 * m / (v.sqrt() + 1.0);
    assert!((x.to_vec1::<f64>()?[0] - expected).abs() < 1e-14);
    Ok(())
}

#[test]
fn the_learning_rate_can_change_on_the_way() -> Result<()> {
    let x = Var::new(&[1.0, 0.0], &Device::Cpu)?;
    let mut descent = Optimizer::new(vec![x.clone()], Rule::GradientDescent.with(0.1))?;
    descent.backward_step(&quadratic(&x)?)?;
    descent.set_learning_rate(0.05);
    assert_eq!(descent.learning_rate(), 0.05);
    descent.backward_step(&quadratic(&x)?)?;
    assert!((x.to_vec1::<f64>()?[0] - (0.2 - 0.08)).abs() < 1e-15);
    Ok(())
}

#[test]
fn a_parameter_without_a_gradient_is_an_error_and_nothing_moves() -> Result<()> {
    for (name, rule) in RULES {
        let used = Var::new(&[1.0, 2.0], &Device::Cpu)?;
        let forgotten = Var::new(&[[3.0, 4.0, 5.0]], &Device::Cpu)?;
        let mut optimizer = Optimizer::new(vec![used.clone(), forgotten.clone()], rule.with(0.1))?;
        let error = optimizer.backward_step(&quadratic(&used)?).unwrap_err().to_string();
        assert!(error.contains("parameter 1") && error.contains("[1, 3]"), "{name}: {error}");
        assert_eq!(used.to_vec1::<f64>()?, [1.0, 2.0], "{name}");
        assert_eq!(forgotten.to_vec2::<f64>()?, [[3.0, 4.0, 5.0]], "{name}");
    }
    Ok(())
}

#[test]
fn invalid_hyperparameters_are_refused_by_name() -> Result<()> {
    type Field = fn(&mut Hyperparameters) -> &mut f64;
    const NOT_FINITE: [f64; 3] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    let fields: [(&str, Field, &[f64], &[f64]); 6] = [
        ("--momentum", |h| &mut h.momentum, &[-0.1, 1.0, 2.0], &[0.0, 0.99]),
        ("--decay", |h| &mut h.decay, &[-0.1, 1.0, 2.0], &[0.0, 0.99]),
        ("--beta1", |h| &mut h.beta1, &[-0.1, 1.0, 2.0], &[0.0, 0.99]),
        ("--beta2", |h| &mut h.beta2, &[-0.1, 1.0, 2.0], &[0.0, 0.99]),
        ("--epsilon", |h| &mut h.epsilon, &[-1e-8, 0.0], &[1e-300, 1.0]),
        ("--weight-decay", |h| &mut h.weight_decay, &[-0.1], &[0.0, 1.0]),
    ];
    let theta = || Var::zeros(2, DType::F64, &Device::Cpu);
    for (name, rule) in RULES {
        for (field, of, bad, good) in fields {
            for &value in bad.iter().chain(&NOT_FINITE) {
                let mut config = rule.with(0.1);
                *of(&mut config.hyperparameters) = value;
                let error = Optimizer::new(vec![theta()?], config).unwrap_err().to_string();
                assert!(error.contains(field), "{name} with {value}: {error}");
            }
            for &value in good {
                let mut config = rule.with(0.1);
                *of(&mut config.hyperparameters) = value;
                assert!(Optimizer::new(vec![theta()?], config).is_ok(), "{name}, {field} {value}");
            }
        }
        for value in [0.0, -0.1].into_iter().chain(NOT_FINITE) {
            let error = Optimizer::new(vec![theta()?], rule.with(value)).unwrap_err().to_string();
            assert!(error.contains("learning_rate") && error.contains(&value.to_string()), "{name}: {error}");
        }
        let whole = Var::zeros(2, DType::U32, &Device::Cpu)?;
        let error = Optimizer::new(vec![whole], rule.with(0.1)).unwrap_err().to_string();
        assert!(error.contains("U32"), "{name}: {error}");
    }
    Ok(())
}
