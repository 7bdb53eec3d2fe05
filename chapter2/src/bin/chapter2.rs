//! See [`chapter2::CHAPTER`].

fn main() -> std::process::ExitCode {
    shell::chapter(&chapter2::CHAPTER)
}
