//! See [`chapter2::rbf_vs_nn`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter2::rbf_vs_nn::RbfVsNn>())
}
