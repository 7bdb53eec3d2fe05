//! See [`chapter6::rayleigh_ritz_random`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter6::rayleigh_ritz_random::RayleighRitzRandom>())
}
