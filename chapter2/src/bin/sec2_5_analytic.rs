//! See [`chapter2::analytic`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter2::analytic::Analytic>())
}
