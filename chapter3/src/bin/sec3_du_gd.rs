//! See [`chapter3::du_gd`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter3::du_gd::DuGd>())
}
