//! See [`chapter2::gradient_descent`].

fn main() -> std::process::ExitCode {
    common::program::main::<chapter2::gradient_descent::GradientDescent>()
}
