//! See [`chapter2::rbf`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter2::rbf::Rbf>())
}
