//! See [`chapter2::device`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter2::device::DeviceDemo>())
}
