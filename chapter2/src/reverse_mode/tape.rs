//! Reverse-mode differentiation in about sixty lines: a tape of operations, and one pass over it from the end.

use std::{
    cell::RefCell,
    ops::{Add, Mul, Sub},
};

// ANCHOR: tape
/// All operations so far, in the order in which they were done.
#[derive(Debug, Default)]
pub struct Tape {
    entries: RefCell<Vec<Entry>>,
}

/// One operation: what it gave, and from which entries j, with the slopes ∂vᵢ/∂vⱼ.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The operation, to be read
    pub name: String,
    /// vᵢ
    pub value: f64,
    /// j and ∂vᵢ/∂vⱼ
    pub slopes: Vec<(usize, f64)>,
}

/// A number that remembers where on the tape it stands.
#[derive(Debug, Clone, Copy)]
pub struct Number<'t> {
    /// The tape
    pub tape: &'t Tape,
    /// i
    pub index: usize,
    /// vᵢ
    pub value: f64,
}
// ANCHOR_END: tape

// ANCHOR: forward
impl Tape {
    /// A number that nothing was computed for: a variable, or a constant whose adjoint nobody asks for.
    pub fn variable(&self, name: &str, value: f64) -> Number<'_> {
        self.write(name.into(), value, vec![])
    }

    /// Writes down an operation with its slopes by the entries that it was made from.
    pub fn write(&self, name: String, value: f64, slopes: Vec<(usize, f64)>) -> Number<'_> {
        let mut entries = self.entries.borrow_mut();
        entries.push(Entry { name, value, slopes });
        Number { tape: self, index: entries.len() - 1, value }
    }
}

impl<'t> Add for Number<'t> {
    type Output = Number<'t>;
    fn add(self, b: Self) -> Self {
        let name = format!("v{} + v{}", self.index, b.index);
        self.tape.write(name, self.value + b.value, vec![(self.index, 1.0), (b.index, 1.0)])
    }
}

impl<'t> Sub for Number<'t> {
    type Output = Number<'t>;
    fn sub(self, b: Self) -> Self {
        let name = format!("v{} − v{}", self.index, b.index);
        self.tape.write(name, self.value - b.value, vec![(self.index, 1.0), (b.index, -1.0)])
    }
}

impl<'t> Mul for Number<'t> {
    type Output = Number<'t>;
    fn mul(self, b: Self) -> Self {
        let name = format!("v{} · v{}", self.index, b.index);
        self.tape.write(name, self.value * b.value, vec![(self.index, b.value), (b.index, self.value)])
    }
}

impl Number<'_> {
    /// eᵛ, its own slope.
    pub fn exp(self) -> Self {
        let value = self.value.exp();
        self.tape.write(format!("exp(v{})", self.index), value, vec![(self.index, value)])
    }
}
// ANCHOR_END: forward

// ANCHOR: backward
impl Tape {
    /// ∂y/∂vᵢ of everything on the tape.
    pub fn adjoints(&self, y: Number) -> Vec<f64> {
        let entries = self.entries.borrow();
        let mut adjoints = vec![0.0; entries.len()];
        adjoints[y.index] = 1.0; // ∂y/∂y
        for (i, entry) in entries.iter().enumerate().rev() {
            for &(j, slope) in &entry.slopes {
                adjoints[j] += adjoints[i] * slope; // v̄ⱼ ← v̄ⱼ + v̄ᵢ·∂vᵢ/∂vⱼ
            }
        }
        adjoints
    }
}
// ANCHOR_END: backward

impl Tape {
    /// What was written.
    pub fn into_entries(self) -> Vec<Entry> {
        self.entries.into_inner()
    }
}
