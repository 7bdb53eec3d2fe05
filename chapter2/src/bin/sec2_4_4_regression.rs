//! See [`chapter2::regression`].

fn main() -> std::process::ExitCode {
    common::program::main::<chapter2::regression::Regression>()
}
