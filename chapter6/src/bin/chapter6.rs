//! See [`chapter6::CHAPTER`].

fn main() -> std::process::ExitCode {
    shell::chapter(&chapter6::CHAPTER)
}
