//! See [`chapter3::pgd`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter3::pgd::Pgd>())
}
