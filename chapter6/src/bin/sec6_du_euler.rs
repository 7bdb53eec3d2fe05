//! See [`chapter6::euler`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter6::euler::Euler>())
}
