//! See [`chapter3::ridge`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter3::ridge::Ridge>())
}
