//! See [`chapter3::quadratic`].

fn main() -> std::process::ExitCode {
    common::program::main::<chapter3::quadratic::Quadratic>()
}
