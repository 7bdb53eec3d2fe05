//! See [`chapter3::rastrigin`].

fn main() -> std::process::ExitCode {
    common::program::main::<chapter3::rastrigin::Rastrigin>()
}
