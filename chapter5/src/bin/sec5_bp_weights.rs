//! See [`chapter5::bp_weights`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter5::bp_weights::BpWeights>())
}
