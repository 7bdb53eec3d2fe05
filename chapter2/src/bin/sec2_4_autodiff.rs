//! See [`chapter2::autodiff`].

fn main() -> std::process::ExitCode {
    common::program::main::<chapter2::autodiff::Autodiff>()
}
