//! See [`chapter3::least_squares`].

fn main() -> std::process::ExitCode {
    common::program::main::<chapter3::least_squares::LeastSquares>()
}
