//! See [`chapter3::least_squares`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter3::least_squares::LeastSquares>())
}
