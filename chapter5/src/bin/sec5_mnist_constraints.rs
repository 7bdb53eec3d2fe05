//! See [`chapter5::mnist_constraints`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter5::mnist_constraints::MnistConstraints>())
}
