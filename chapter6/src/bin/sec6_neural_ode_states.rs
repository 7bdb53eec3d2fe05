//! See [`chapter6::neural_ode_states`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter6::neural_ode_states::NeuralOdeStates>())
}
