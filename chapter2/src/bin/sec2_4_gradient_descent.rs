//! See [`chapter2::gradient_descent`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter2::gradient_descent::GradientDescent>())
}
