//! See [`chapter3::CHAPTER`].

fn main() -> std::process::ExitCode {
    shell::chapter(&chapter3::CHAPTER)
}
