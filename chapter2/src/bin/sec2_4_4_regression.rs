//! See [`chapter2::regression`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter2::regression::Regression>())
}
