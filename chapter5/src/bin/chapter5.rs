//! See [`chapter5::CHAPTER`].

fn main() -> std::process::ExitCode {
    shell::chapter(&chapter5::CHAPTER)
}
