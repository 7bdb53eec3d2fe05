//! See [`chapter5::du_stabilize`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter5::du_stabilize::DuStabilize>())
}
