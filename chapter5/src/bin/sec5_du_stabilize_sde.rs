//! See [`chapter5::du_stabilize_sde`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter5::du_stabilize_sde::DuStabilizeSde>())
}
