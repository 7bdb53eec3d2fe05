//! See [`chapter6::lv_identification`].

fn main() -> std::process::ExitCode {
    shell::section(&common::section::Entry::of::<chapter6::lv_identification::LvIdentification>())
}
