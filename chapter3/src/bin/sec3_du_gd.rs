//! See [`chapter3::du_gd`].

fn main() -> std::process::ExitCode {
    common::program::main::<chapter3::du_gd::DuGd>()
}
