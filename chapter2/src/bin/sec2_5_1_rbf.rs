//! See [`chapter2::rbf`].

fn main() -> std::process::ExitCode {
    common::program::main::<chapter2::rbf::Rbf>()
}
