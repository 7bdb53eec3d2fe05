//! See [`chapter2::compact_domain`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter2::compact_domain::CompactDomain>())
}
