//! `sec6_du_euler_lv`: the method that stays on its curve.

// ANCHOR: task
/// A step of semi-implicit Euler for Lotka–Volterra: first x, and then y with the new x.
pub fn step([x, y]: [f64; 2], [alpha, beta, gamma, delta]: [f64; 4], eta: f64) -> [f64; 2] {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    // ANCHOR: solution
    /// A step of semi-implicit Euler for Lotka–Volterra: first x, and then y with the new x.
    pub fn step([x, y]: [f64; 2], [alpha, beta, gamma, delta]: [f64; 4], eta: f64) -> [f64; 2] {
        let x = x + eta * (alpha * x - beta * x * y);
        let y = y + eta * (-gamma * y + delta * x * y);
        [x, y]
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use chapter6::lotka_volterra::{LotkaVolterra, invariant};
    use common::ode::{Method, Solver};

    fn check(f: fn([f64; 2], [f64; 4], f64) -> [f64; 2]) {
        let (theta, eta) = ([1.5, 1.0, 3.0, 1.0], 0.01);
        let by = |method| Solver::new(LotkaVolterra, method, eta).trajectory(&[1.0, 1.0], &theta, 10_000);
        let mut state = [1.0, 1.0];
        let mut largest: f64 = 0.0; // |V − 2| over a hundred time units, some 30 rounds
        for expected in by(Method::SemiImplicit) {
            state = f(state, theta, eta);
            assert!(state.iter().zip(&expected).all(|(x, e)| (x - e).abs() < 1e-9), "{state:?} {expected:?}");
            largest = largest.max((invariant(theta, state[0], state[1]) - 2.0).abs());
        }
        let euler = by(Method::Euler).pop().expect("it has an end");
        assert!(largest < 0.05 && invariant(theta, euler[0], euler[1]) - 2.0 > 1.0, "{largest} {euler:?}");
        // dx dy/(xy) is the same before and after: the determinant of the step's Jacobian is x′y′/(xy)
        let ([x, y], h) = ([2.0, 0.7], 1e-5);
        let by_x = [f([x + h, y], theta, 0.2), f([x - h, y], theta, 0.2)];
        let by_y = [f([x, y + h], theta, 0.2), f([x, y - h], theta, 0.2)];
        let slope = |[a, b]: [[f64; 2]; 2], i: usize| (a[i] - b[i]) / (2.0 * h);
        let determinant = slope(by_x, 0) * slope(by_y, 1) - slope(by_y, 0) * slope(by_x, 1);
        let [next_x, next_y] = f([x, y], theta, 0.2);
        assert!((determinant - next_x * next_y / (x * y)).abs() < 1e-8, "{determinant}");
    }

    #[test]
    fn solution() {
        check(super::solution::step);
    }

    #[test]
    #[ignore = "your turn"]
    fn task() {
        check(super::step);
    }
}
