//! All sections of chapter 3, in order, with their defaults.

fn main() -> std::process::ExitCode {
    common::program::main_chapter("chapter3", "All sections of chapter 3, in order", &chapter3::SECTIONS)
}
