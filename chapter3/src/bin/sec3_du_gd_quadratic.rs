//! See [`chapter3::quadratic`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter3::quadratic::Quadratic>())
}
