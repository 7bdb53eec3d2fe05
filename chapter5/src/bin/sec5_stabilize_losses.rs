//! See [`chapter5::stabilize_losses`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter5::stabilize_losses::StabilizeLosses>())
}
