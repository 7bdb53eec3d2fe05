//! See [`chapter4::bqp_exact`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter4::bqp_exact::BqpExact>())
}
