//! See [`chapter4::bqp`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter4::bqp::DuBqp>())
}
