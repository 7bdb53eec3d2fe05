//! See [`chapter5::mmse_function`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter5::mmse_function::MmseFunction>())
}
