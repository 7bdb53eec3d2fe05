//! Reference values from other frameworks (tests/reference/README.md).

use candle_core::{Device, Tensor};
use serde_json::Value;

/// The fixture `name`.
pub fn fixture(name: &str) -> Value {
    let path = crate::workspace().join(format!("tests/reference/fixtures/{name}.json"));
    let text = std::fs::read_to_string(&path).expect("a fixture");
    serde_json::from_str(&text).expect("a fixture is JSON")
}

/// The runs of a fixture.
pub fn runs(fixture: &Value) -> &[Value] {
    fixture["runs"].as_array().expect("runs")
}

/// A number.
#[track_caller]
pub fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

/// The numbers of a list, or of lists in a list, in order; a number alone is a list of one.
#[track_caller]
pub fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(entries) => entries.iter().flat_map(numbers).collect(),
        value => vec![number(value)],
    }
}

/// Numbers, or lists of the same length in lists, as a tensor.
pub fn tensor(value: &Value) -> candle_core::Result<Tensor> {
    let mut shape = vec![];
    let mut inner = value;
    while let Value::Array(entries) = inner {
        shape.push(entries.len());
        inner = &entries[0];
    }
    Tensor::from_vec(numbers(value), shape, &Device::Cpu)
}

/// A list of lists of numbers.
#[track_caller]
pub fn rows(value: &Value) -> Vec<Vec<f64>> {
    value.as_array().expect("a list").iter().map(numbers).collect()
}

/// Holds each of `found` against its partner, relative to the partner.
#[track_caller]
pub fn assert_each_close(what: &str, found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{what}: how many");
    for (k, (found, expected)) in found.iter().zip(expected).enumerate() {
        let error = (found - expected).abs() / expected.abs();
        assert!(error <= tolerance, "{what}, row {k}: {found:e}, expected {expected:e}, off by {error:.1e}");
    }
}

/// Holds a vector against another, relative to the other's largest entry.
#[track_caller]
pub fn assert_vector_close(what: &str, found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{what}: how many");
    let scale = expected.iter().fold(0f64, |scale, x| scale.max(x.abs()));
    for (found, expected) in found.iter().zip(expected) {
        let error = (found - expected).abs();
        assert!(error <= tolerance * scale, "{what}: {found:e}, expected {expected:e}, off by {error:.1e}");
    }
}
