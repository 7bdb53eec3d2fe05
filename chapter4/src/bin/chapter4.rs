//! All sections of chapter 4, in order, with their defaults.

fn main() -> std::process::ExitCode {
    shell::chapter(&chapter4::CHAPTER)
}
