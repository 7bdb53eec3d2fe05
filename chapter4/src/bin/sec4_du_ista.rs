//! See [`chapter4::du_ista`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter4::du_ista::DuIsta>())
}
