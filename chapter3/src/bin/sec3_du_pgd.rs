//! See [`chapter3::pgd`].

fn main() -> std::process::ExitCode {
    common::program::main::<chapter3::pgd::Pgd>()
}
