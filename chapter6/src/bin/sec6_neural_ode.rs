//! See [`chapter6::neural_ode`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter6::neural_ode::NeuralOde>())
}
