//! See [`chapter4::speedups`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter4::speedups::Speedups>())
}
