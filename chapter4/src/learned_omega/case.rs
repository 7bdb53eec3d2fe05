//! All ways on one matrix.

use anyhow::Result;
use common::{context::Finished, table::Table, unfolding::theory};

use super::{Config, WAYS, errors, minimise, train};
use crate::jacobi::System;

/// One period on one matrix: the ways of [`WAYS`], the Chebyshev factors, and the best found.
#[derive(Debug, Clone)]
pub struct Case {
    /// ω by update, for each way
    pub paths: Vec<Vec<Vec<f64>>>,
    /// E‖e_t‖² by t, for each way, for Chebyshev and for the best
    pub errors: Vec<Vec<f64>>,
    /// The best ω
    pub best: Vec<f64>,
    /// The Chebyshev ω
    pub chebyshev: Vec<f64>,
}

impl Case {
    /// What is left of it if a later one diverges: the first ω by update.
    pub fn finished(&self, name: String) -> Finished {
        let first = |path: &Vec<Vec<f64>>| path.iter().map(|omega| omega[0]).collect();
        let columns: Vec<_> = WAYS.iter().zip(&self.paths).map(|(way, path)| (way.name.into(), first(path))).collect();
        Finished::new(name, Table::of_columns("update", 0, &columns))
    }
}

/// Trains in all ways, and minimises.
pub fn run(config: &Config, system: &System, period: usize) -> Result<Case> {
    let depth = config.num_generations;
    let paths = WAYS.iter().map(|&way| train(config, system, period, way)).collect::<Result<Vec<_>>>()?;
    let chebyshev = theory::chebyshev_step_sizes(&system.eigenvalues, period);
    let ends = paths.iter().filter_map(|path| path.last().cloned());
    let starts: Vec<Vec<f64>> = ends.chain([chebyshev.clone()]).collect();
    let end = |omega: &[f64]| Ok::<f64, anyhow::Error>(errors(system, omega, depth)?[depth]);
    // from the Chebyshev factors, and from the best of the trained ones
    let mut order: Vec<(f64, &Vec<f64>)> =
        starts.iter().map(|omega| Ok((end(omega)?, omega))).collect::<Result<_>>()?;
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut best, mut least) = (chebyshev.clone(), f64::INFINITY);
    for start in [order[0].1, &chebyshev] {
        let found = minimise(config, system, start)?;
        if end(&found)? < least {
            (least, best) = (end(&found)?, found);
        }
    }
    let all = starts.iter().chain([&best]);
    let errors = all.map(|omega| errors(system, omega, depth)).collect::<Result<_>>()?;
    Ok(Case { paths, errors, best, chebyshev })
}
