//! See [`chapter2::device`].

fn main() -> std::process::ExitCode {
    common::program::main::<chapter2::device::DeviceDemo>()
}
