//! See [`chapter3::noisy_gd`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter3::noisy_gd::NoisyGd>())
}
