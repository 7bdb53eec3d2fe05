//! See [`chapter6::rayleigh_ritz`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter6::rayleigh_ritz::RayleighRitz>())
}
