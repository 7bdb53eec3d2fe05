//! Zachary's karate club: who met whom outside the club (W. W. Zachary, 1977).

use anyhow::{Result, ensure};
use candle_core::{Device, Tensor};

/// 78 friendships of 34 members, counted from 1.
#[rustfmt::skip]
pub const KARATE: [(usize, usize); 78] = [
    (1, 2), (1, 3), (1, 4), (1, 5), (1, 6), (1, 7), (1, 8), (1, 9), (1, 11), (1, 12), (1, 13), (1, 14), (1, 18),
    (1, 20), (1, 22), (1, 32), (2, 3), (2, 4), (2, 8), (2, 14), (2, 18), (2, 20), (2, 22), (2, 31), (3, 4), (3, 8),
    (3, 9), (3, 10), (3, 14), (3, 28), (3, 29), (3, 33), (4, 8), (4, 13), (4, 14), (5, 7), (5, 11), (6, 7), (6, 11),
    (6, 17), (7, 17), (9, 31), (9, 33), (9, 34), (10, 34), (14, 34), (15, 33), (15, 34), (16, 33), (16, 34),
    (19, 33), (19, 34), (20, 34), (21, 33), (21, 34), (23, 33), (23, 34), (24, 26), (24, 28), (24, 30), (24, 33),
    (24, 34), (25, 26), (25, 28), (25, 32), (26, 32), (27, 30), (27, 34), (28, 34), (29, 32), (29, 34), (30, 33),
    (30, 34), (31, 33), (31, 34), (32, 33), (32, 34), (33, 34),
];

/// L = D − A `[n, n]` of an undirected graph whose nodes are counted from 1. Errors if an edge leaves the graph or is a loop.
pub fn laplacian(edges: &[(usize, usize)], num_nodes: usize, device: &Device) -> Result<Tensor> {
    let mut entries = vec![vec![0.0; num_nodes]; num_nodes];
    for &(i, j) in edges {
        ensure!(
            i != j && (1..=num_nodes).contains(&i) && (1..=num_nodes).contains(&j),
            "no edge ({i}, {j}) in a graph of {num_nodes}"
        );
        let (i, j) = (i - 1, j - 1);
        entries[i][i] += 1.0; // the degree
        entries[j][j] += 1.0;
        entries[i][j] -= 1.0;
        entries[j][i] -= 1.0;
    }
    Ok(Tensor::new(entries, device)?)
}

/// Places for the nodes in the plane: friends attract each other like springs, all others repel; the same places every time.
pub fn layout(edges: &[(usize, usize)], num_nodes: usize) -> Vec<[f64; 2]> {
    let circle = |i: usize| {
        let angle = 2.0 * std::f64::consts::PI * i as f64 / num_nodes as f64;
        [angle.cos(), angle.sin()]
    };
    let mut places: Vec<[f64; 2]> = (0..num_nodes).map(circle).collect();
    for round in 0..500 {
        let mut forces = vec![[0.0; 2]; num_nodes];
        let mut pull = |i: usize, j: usize, force: &dyn Fn(f64) -> f64| {
            let d = [places[i][0] - places[j][0], places[i][1] - places[j][1]];
            let length = d[0].hypot(d[1]).max(1e-3);
            for axis in [0, 1] {
                forces[i][axis] += force(length) * d[axis] / length;
                forces[j][axis] -= force(length) * d[axis] / length;
            }
        };
        for i in 0..num_nodes {
            for j in 0..i {
                pull(i, j, &|length| 0.06 / length);
            }
        }
        for &(i, j) in edges {
            pull(i - 1, j - 1, &|length| -length * length);
        }
        let most = 0.1 * (1.0 - f64::from(round) / 500.0);
        for (place, force) in places.iter_mut().zip(&forces) {
            let length = force[0].hypot(force[1]).max(1e-9);
            (0..2).for_each(|axis| place[axis] += force[axis] / length * length.min(most));
        }
    }
    places
}
