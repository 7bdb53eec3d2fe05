//! The operations of a training, fast and plain: `cargo bench --bench operations`.

mod candidates;

use std::time::Duration;

use anyhow::Result;
use criterion::Criterion;
use shell::process;

fn main() -> Result<()> {
    process::set_thread_count()?;
    let mut criterion = Criterion::default()
        .sample_size(30)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800))
        .configure_from_args();
    for operation in candidates::all()? {
        for (form, mut candidate) in operation.forms {
            criterion.bench_function(&format!("{}/{form}", operation.name), |b| {
                b.iter(|| candidate().expect("an operation that fails would be a fast one"));
            });
        }
    }
    criterion.final_summary();
    Ok(())
}
