//! See [`chapter2::compact_domain`].

fn main() -> std::process::ExitCode {
    common::program::main::<chapter2::compact_domain::CompactDomain>()
}
