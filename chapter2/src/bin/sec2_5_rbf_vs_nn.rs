//! See [`chapter2::rbf_vs_nn`].

fn main() -> std::process::ExitCode {
    common::program::main::<chapter2::rbf_vs_nn::RbfVsNn>()
}
