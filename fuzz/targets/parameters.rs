//! `--load`: parameters in safetensors.
#![no_main]

use candle_core::{DType, Device, Tensor};
use common::context::{Context, InputFile};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut context = Context::new(1);
    context.inputs.insert("load", vec![InputFile { path: "file".into(), bytes: bytes.to_vec() }]);
    for (name, shape) in [("learned_T2/step_size", &[2][..]), ("scalar", &[]), ("w1", &[3, 2])] {
        let default = Tensor::zeros(shape, DType::F64, &Device::Cpu).expect("a tensor");
        if let Ok(found) = context.parameter(name, &default) {
            assert_eq!((found.dims(), found.dtype()), (default.dims(), default.dtype()));
        }
    }
});
