//! See [`chapter6::ritz_analytic`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter6::ritz_analytic::RitzAnalytic>())
}
