//! See [`chapter2::analytic`].

fn main() -> std::process::ExitCode {
    common::program::main::<chapter2::analytic::Analytic>()
}
