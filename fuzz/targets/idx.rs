//! `--data` of the digits: images in IDX, packed by gzip or not.
#![no_main]

use chapter5::mnist_reconstruction::digits::{images, tensor};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(images) = images(bytes) {
        assert_eq!(tensor(&images).expect("images of one size").dims(), [images.len(), 784]);
    }
});
