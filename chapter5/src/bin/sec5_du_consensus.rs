//! See [`chapter5::du_consensus`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter5::du_consensus::DuConsensus>())
}
