//! See [`book::CHAPTERS`].

fn main() -> std::process::ExitCode {
    shell::book::book(book::CHAPTERS)
}
