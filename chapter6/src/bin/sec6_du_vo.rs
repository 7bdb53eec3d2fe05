//! See [`chapter6::variational`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter6::variational::Variational>())
}
