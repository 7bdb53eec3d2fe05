//! See [`chapter5::bp_train`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter5::bp_train::BpTrain>())
}
