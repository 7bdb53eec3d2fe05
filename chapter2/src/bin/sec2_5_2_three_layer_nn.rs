//! See [`chapter2::three_layer_nn`].

fn main() -> std::process::ExitCode {
    common::program::main::<chapter2::three_layer_nn::ThreeLayerNn>()
}
