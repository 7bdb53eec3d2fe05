//! See [`chapter3::ridge`].

fn main() -> std::process::ExitCode {
    common::program::main::<chapter3::ridge::Ridge>()
}
