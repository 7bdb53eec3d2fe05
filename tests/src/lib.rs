//! Tests and benchmarks of the workspace live beside this file; it holds no code.
