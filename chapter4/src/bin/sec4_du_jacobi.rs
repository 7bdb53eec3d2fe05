//! See [`chapter4::jacobi`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter4::jacobi::DuJacobi>())
}
