//! See [`chapter2::autodiff`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter2::autodiff::Autodiff>())
}
