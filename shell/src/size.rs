//! What a run would need, roughly, before it begins.

use common::config::Usage;
use serde_json::Value;

/// Bytes that a run may need without `--allow-large`.
const MEMORY: f64 = 4e9;

/// Additions and multiplications that a run may need without `--allow-large`: about ten hours on two cores.
const WORK: f64 = 1e15;

/// The numbers of a configuration that sizes hang on, by the names that all sections share. What is missing counts as 1.
struct Numbers<'a>(&'a Value);

impl Numbers<'_> {
    fn get(&self, name: &str) -> f64 {
        self.0[name].as_f64().unwrap_or(1.0)
    }

    /// Bytes: the states that two shards of at most 50 rows keep through all iterations, and the largest data set; of a network
    /// the weights between two hidden layers with gradient and moments, and what a layer makes of all test instances; the scores
    /// of all messages, for one start; the paths of a stochastic equation, two numbers each, with shocks, moments and copies.
    fn memory(&self) -> f64 {
        let rows = self.get("batch_size").min(100.0);
        let of_sizes = |sizes: &Vec<Value>| sizes.iter().filter_map(Value::as_f64).fold(0.0, f64::max);
        let dataset = self.0["dataset_sizes"].as_array().map_or(0.0, of_sizes);
        let hidden = self.get("num_hidden");
        let instances = self.get("batch_size").max(self.get("num_test"));
        8.0 * self.get("num_unknowns") * (1.5 * rows * self.get("num_generations") + 3.0 * dataset)
            + 8.0 * hidden * (2.0 * instances + 4.0 * hidden)
            + 8.0 * self.get("num_messages") * instances
            + 176.0 * self.get("num_paths") * self.get("num_steps")
    }

    /// Additions and multiplications: forward and backward through each depth, a decomposition, and a network's training.
    fn work(&self) -> f64 {
        let (n, generations) = (self.get("num_unknowns"), self.get("num_generations"));
        let iterations = self.get("num_updates") * generations * (generations + 1.0) / 2.0;
        let samples = self.get("num_samples");
        let hidden = self.get("num_hidden");
        4.0 * n * n * self.get("batch_size") * iterations
            + 20.0 * (n.powi(3) + samples.powi(3))
            + 6.0 * hidden * hidden * self.get("batch_size") * self.get("num_updates")
            + 4.0 * hidden * self.get("num_inputs") * samples * self.get("num_iterations")
    }
}

/// Refuses what would need too much memory or time, with the numbers.
///
/// # Errors
/// [`Usage`], which says what is needed and that `--allow-large` lifts the limit.
pub fn check(configuration: &Value) -> Result<(), Usage> {
    let numbers = Numbers(configuration);
    let (memory, work) = (numbers.memory(), numbers.work());
    let refuse = |need: String| Err(Usage(format!("this run needs {need}; --allow-large runs it all the same")));
    if memory > MEMORY {
        return refuse(format!("about {:.0} GB of memory, more than {:.0}", memory / 1e9, MEMORY / 1e9));
    }
    if work > WORK {
        return refuse(format!("about {work:.0e} additions and multiplications, more than {WORK:.0e}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sizes_beyond_the_limits_are_refused() {
        let training = |n: usize, num_generations: usize, num_updates: usize| {
            check(&json!({
                "num_unknowns": n, "num_generations": num_generations, "batch_size": 100, "num_updates": num_updates,
            }))
        };
        assert!(training(10_000, 150, 1).is_ok());
        assert!(training(10_000, 1000, 1).is_err_and(|problem| problem.0.contains("12 GB of memory")));
        assert!(
            training(1000, 150, 1_000_000).is_err_and(|problem| problem.0.contains("additions and multiplications"))
        );
        assert!(check(&json!({"num_samples": 2000})).is_ok());
        let gradient_descent =
            json!({"num_inputs": 1000, "num_hidden": 10_000, "num_samples": 2000, "num_iterations": 100_000});
        assert!(check(&gradient_descent).is_err());
        let network = |hidden: usize| check(&json!({"num_hidden": hidden, "batch_size": 50, "num_test": 100_000}));
        assert!(network(1000).is_ok());
        assert!(network(10_000).is_err_and(|problem| problem.0.contains("19 GB of memory")));
        assert!(check(&json!({"num_steps": 100_000, "num_paths": 100})).is_ok());
        let paths = check(&json!({"num_steps": 100_000, "num_paths": 10_000}));
        assert!(paths.is_err_and(|problem| problem.0.contains("176 GB of memory")));
        assert!(check(&json!({"num_messages": 256, "num_hidden": 10, "num_test": 10_000_000})).is_err());
        let dataset = check(&json!({"num_unknowns": 1000, "dataset_sizes": [10, 1_000_000]}));
        assert!(dataset.is_err_and(|problem| problem.0.contains("24 GB of memory")));
    }
}
