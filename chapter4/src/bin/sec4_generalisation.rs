//! See [`chapter4::generalisation`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter4::generalisation::Generalisation>())
}
