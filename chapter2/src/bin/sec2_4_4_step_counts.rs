//! See [`chapter2::step_counts`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter2::step_counts::StepCounts>())
}
