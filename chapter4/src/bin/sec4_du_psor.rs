//! See [`chapter4::psor`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter4::psor::DuPsor>())
}
