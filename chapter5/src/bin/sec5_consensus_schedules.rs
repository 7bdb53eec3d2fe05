//! See [`chapter5::consensus_schedules`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter5::consensus_schedules::ConsensusSchedules>())
}
