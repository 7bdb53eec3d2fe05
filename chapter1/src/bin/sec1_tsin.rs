//! See [`chapter1::tsin`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter1::tsin::Tsin>())
}
