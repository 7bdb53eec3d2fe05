//! See [`chapter3::training_modes`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter3::training_modes::TrainingModes>())
}
