//! See [`chapter5::mimo_channels`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter5::mimo_channels::MimoChannels>())
}
