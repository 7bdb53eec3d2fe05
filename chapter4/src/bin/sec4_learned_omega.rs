//! See [`chapter4::learned_omega`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter4::learned_omega::LearnedOmega>())
}
