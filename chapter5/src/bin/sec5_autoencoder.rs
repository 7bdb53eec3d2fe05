//! See [`chapter5::autoencoder`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter5::autoencoder::Autoencoder>())
}
