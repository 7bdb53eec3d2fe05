//! Whole trainings, and some of them beside their forms written by hand: `cargo bench --bench trainings`.

mod against_handwritten;
mod handwritten;
mod least_squares;
mod sections;

use std::time::Duration;

use anyhow::Result;
use criterion::Criterion;
use sections::Prepare;
use shell::process;

fn bench(c: &mut Criterion, name: &str, prepare: Prepare) {
    c.bench_function(name, |b| {
        let train = prepare().expect("data").train;
        b.iter(|| train().expect("a training that fails would be a fast one"));
    });
}

fn main() -> Result<()> {
    process::set_thread_count()?;
    process::start_workers()?;
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    for (name, prepare) in sections::TRAININGS {
        bench(&mut criterion, name, prepare);
    }
    for (name, forms) in against_handwritten::FORMS {
        for (form, prepare) in forms {
            bench(&mut criterion, &format!("{name}/{form}"), *prepare);
        }
    }
    criterion.final_summary();
    Ok(())
}
