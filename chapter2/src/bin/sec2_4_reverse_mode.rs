//! See [`chapter2::reverse_mode`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter2::reverse_mode::ReverseMode>())
}
