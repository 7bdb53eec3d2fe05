//! `sec2_4_reverse_mode`: another operation for the tape.

use chapter2::reverse_mode::tape::Number;

// ANCHOR: task
/// sin v on v's tape.
pub fn sin(v: Number) -> Number {
    todo!()
}
// ANCHOR_END: task

/// What may stand in the hole.
pub mod solution {
    use super::Number;

    // ANCHOR: solution
    /// sin v on v's tape.
    pub fn sin(v: Number) -> Number {
        v.tape.write(format!("sin(v{})", v.index), v.value.sin(), vec![(v.index, v.value.cos())])
    }
    // ANCHOR_END: solution
}

#[cfg(test)]
mod tests {
    use chapter2::reverse_mode::tape::{Number, Tape};

    fn check(sin: fn(Number) -> Number) {
        let tape = Tape::default();
        let x = tape.variable("x", 0.3);
        let y = sin(sin(x) * x); // y' = cos(x sin x)·(sin x + x cos x)
        let inner = 0.3 * 0.3f64.sin();
        assert_eq!(y.value, inner.sin());
        let expected = inner.cos() * (0.3f64.sin() + 0.3 * 0.3f64.cos());
        assert!((tape.adjoints(y)[x.index] - expected).abs() < 1e-15);
    }

    #[test]
    fn solution() {
        check(super::solution::sin);
    }

    #[test]
    #[ignore = "your turn"]
    fn task() {
        check(super::sin);
    }
}
