//! See [`chapter2::three_layer_nn`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter2::three_layer_nn::ThreeLayerNn>())
}
