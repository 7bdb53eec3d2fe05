//! See [`chapter3::noisy_gd`].

fn main() -> std::process::ExitCode {
    common::program::main::<chapter3::noisy_gd::NoisyGd>()
}
