//! The same for JavaScript, through wasm-bindgen: texts in, JSON out, errors thrown.

use std::{cell::RefCell, panic};

use common::context::{Observer, Phase};
use js_sys::{Error, Function, Reflect};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::Failure;

#[wasm_bindgen]
extern "C" {
    /// Milliseconds.
    #[wasm_bindgen(js_namespace = performance)]
    fn now() -> f64;
}

/// A panic is thrown too, with `panic: true`; the module is of no use after it.
#[wasm_bindgen(start)]
fn start() {
    panic::set_hook(Box::new(|information| {
        let payload = information.payload();
        let text = payload.downcast_ref::<String>().map(String::as_str).or(payload.downcast_ref::<&str>().copied());
        let place = information.location().map(|place| format!(" ({}:{})", place.file(), place.line()));
        let text = format!("internal error: {}{}", text.unwrap_or("a panic"), place.unwrap_or_default());
        wasm_bindgen::throw_val(error(&text, &[("panic", true.into())]));
    }));
}

/// See [`crate::sections()`].
#[wasm_bindgen]
pub fn sections() -> Result<String, JsValue> {
    json(&crate::sections())
}

/// See [`crate::run()`]: `arguments_json` is an array of texts, `on_progress(fraction, phase)` is called every 50 ms.
///
/// What is thrown has a `message`, `usage` (whether the arguments are wrong) and maybe `option` (the one that is).
#[wasm_bindgen]
pub fn run(name: &str, arguments_json: &str, on_progress: Function) -> Result<String, JsValue> {
    let arguments: Vec<String> = serde_json::from_str(arguments_json).map_err(|error| thrown(error.to_string()))?;
    ON_PROGRESS.replace(Some(on_progress));
    let observer = Page { phase: Phase::Data, start: now(), shown: f64::NEG_INFINITY };
    json(&crate::run(name, &arguments, Box::new(observer)).map_err(failure)?)
}

/// See [`crate::provide()`].
#[wasm_bindgen]
pub fn provide(bytes: Vec<u8>) {
    crate::provide(bytes);
}

/// See [`crate::explorables()`].
#[wasm_bindgen]
pub fn explorables() -> Result<String, JsValue> {
    json(&crate::explorables())
}

/// See [`crate::explore()`]: `values_json` is an object of numbers.
#[wasm_bindgen]
pub fn explore(name: &str, values_json: &str) -> Result<String, JsValue> {
    let values = serde_json::from_str(values_json).map_err(|error| thrown(error.to_string()))?;
    crate::explore(name, &values).map_err(|error| thrown(common::section::one_line(&error)))
}

thread_local! {
    /// A function of JavaScript cannot be part of an observer, which may be sent to another thread.
    static ON_PROGRESS: RefCell<Option<Function>> = const { RefCell::new(None) };
}

/// Tells the page of the progress.
struct Page {
    phase: Phase,
    start: f64,
    shown: f64,
}

/// Milliseconds between two calls of `on_progress`.
const PATIENCE: f64 = 50.0;

impl Observer for Page {
    fn phase(&mut self, phase: Phase) {
        self.phase = phase;
    }

    fn progress(&mut self, fraction: f64) {
        let time = now();
        if time - self.shown < PATIENCE {
            return;
        }
        self.shown = time;
        let phase = match self.phase {
            Phase::Data => "data",
            Phase::Training => "training",
            Phase::Drawing => "drawing",
        };
        ON_PROGRESS.with_borrow(|on_progress| {
            // What it throws is the page's own affair.
            let call = |f: &Function| f.call2(&JsValue::NULL, &fraction.into(), &phase.into());
            let _ = on_progress.as_ref().map(call);
        });
    }

    fn seconds(&self) -> f64 {
        (now() - self.start) / 1000.0
    }
}

fn json(value: &impl Serialize) -> Result<String, JsValue> {
    serde_json::to_string(value).map_err(|error| thrown(error.to_string()))
}

fn failure(Failure { message, option, usage }: Failure) -> JsValue {
    error(&message, &[("usage", usage.into()), ("option", option.map_or(JsValue::UNDEFINED, Into::into))])
}

fn thrown(message: String) -> JsValue {
    error(&message, &[])
}

fn error(message: &str, properties: &[(&str, JsValue)]) -> JsValue {
    let error = Error::new(message);
    for (name, value) in properties {
        let _ = Reflect::set(&error, &(*name).into(), value);
    }
    error.into()
}
