//! See [`chapter4::finite_dataset`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter4::finite_dataset::FiniteData>())
}
