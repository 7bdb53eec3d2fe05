//! The karate club, and graphs like it.

use anyhow::{Result, ensure};
use candle_core::{Device, Tensor};
use common::sampling::Rng;
use rand::Rng as _;

use crate::du_consensus::{KARATE, laplacian, spectral::spectrum};

/// A connected graph, by its Laplacian.
#[derive(Debug, Clone)]
pub struct Graph {
    /// L `[34, 34]`
    pub laplacian: Tensor,
    /// λ₂ … λmax, ascending
    pub eigenvalues: Vec<f64>,
}

const NODES: usize = 34;

impl Graph {
    /// The graph of these edges, which is to be connected.
    pub fn new(edges: &[(usize, usize)]) -> Result<Self> {
        let laplacian = laplacian(edges, NODES, &Device::Cpu)?;
        let eigenvalues = spectrum(&laplacian)?.0;
        ensure!(eigenvalues[0] > 1e-9, "the graph falls apart");
        Ok(Self { laplacian, eigenvalues })
    }

    /// A random connected graph in which everybody has as many friends as in the karate club: two friendships, drawn at random,
    /// exchange their ends, many times.
    pub fn random(rng: &mut Rng) -> Result<Self> {
        let mut edges = KARATE.to_vec();
        let sorted = |a: usize, b: usize| (a.min(b), a.max(b));
        let mut swaps = 0;
        while swaps < 20 * KARATE.len() || Self::new(&edges).is_err() {
            let (i, j) = (rng.random_range(0..edges.len()), rng.random_range(0..edges.len()));
            let ((a, b), (c, d)) = (edges[i], edges[j]);
            let (c, d) = if rng.random() { (c, d) } else { (d, c) };
            let new = [sorted(a, d), sorted(c, b)];
            if a != d && c != b && new[0] != new[1] && !new.iter().any(|edge| edges.contains(edge)) {
                (edges[i], edges[j]) = (new[0], new[1]);
                swaps += 1;
            }
        }
        Self::new(&edges)
    }
}
