//! See [`chapter3::rastrigin`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter3::rastrigin::Rastrigin>())
}
