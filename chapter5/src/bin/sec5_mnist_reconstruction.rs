//! See [`chapter5::mnist_reconstruction`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter5::mnist_reconstruction::MnistReconstruction>())
}
