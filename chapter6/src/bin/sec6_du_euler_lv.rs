//! See [`chapter6::lotka_volterra`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter6::lotka_volterra::EulerLv>())
}
