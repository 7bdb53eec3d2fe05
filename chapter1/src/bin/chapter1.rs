//! See [`chapter1::CHAPTER`].

fn main() -> std::process::ExitCode {
    shell::chapter(&chapter1::CHAPTER)
}
