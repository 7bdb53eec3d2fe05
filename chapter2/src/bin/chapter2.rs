//! All sections of chapter 2, in order, with their defaults.

fn main() -> std::process::ExitCode {
    common::program::main_chapter("chapter2", "All sections of chapter 2, in order", &chapter2::SECTIONS)
}
