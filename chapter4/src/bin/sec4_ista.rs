//! See [`chapter4::ista`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter4::ista::IstaDemo>())
}
