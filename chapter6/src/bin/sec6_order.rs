//! See [`chapter6::order`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter6::order::Order>())
}
