//! Many seeds in one run (`--seeds`), and parts of it joined.

use std::{fs, path::Path};

use anyhow::Result;
use tests::programs::{fail, files, has, json, names, options, run, scratch, succeed, table, tiny};

/// The row of each seed holds what a run with that seed leaves: the final loss, the last row of a table, a named row.
#[test]
fn a_row_is_what_a_run_with_that_seed_leaves() {
    for name in ["sec2_4_4_regression", "sec3_du_pgd", "sec3_du_gd", "sec5_bp_train", "sec6_du_rr_rand"] {
        let place = scratch();
        let small = tiny(&options(name));
        succeed(place.path(), name, &[&small[..], &["--seeds", "3..5", "--out", "all"]].concat());
        let (columns, rows) = table(&place.path().join("all/seeds.csv"));
        assert_eq!(rows.iter().map(|row| row[0]).collect::<Vec<_>>(), [3.0, 4.0, 5.0], "{name}");
        for row in &rows {
            let seed = row[0].to_string();
            succeed(place.path(), name, &[&small[..], &["--seed", &seed, "--out", &seed]].concat());
            let summary = json(&place.path().join(&seed).join("summary.json"));
            let mut compared = 0;
            for (column, &value) in columns.iter().zip(row).skip(1) {
                let single = match column.split('/').collect::<Vec<_>>()[..] {
                    ["final_loss"] => summary["final_loss"].as_f64(),
                    [parameter] => summary["parameters"][parameter].as_f64(),
                    [stem, column] => last(&place.path().join(&seed).join(format!("{stem}.csv")), None, column),
                    [stem, row, column] => {
                        last(&place.path().join(&seed).join(format!("{stem}.csv")), Some(row), column)
                    }
                    _ => None,
                };
                assert_eq!(single.map(f64::to_bits), Some(value.to_bits()), "{name}, seed {seed}: {column}");
                compared += 1;
            }
            assert!(compared > 0, "{name}");
        }
        let text = fs::read_to_string(place.path().join("all/ranges.csv")).expect("a table");
        assert_eq!(text.lines().count(), columns.len(), "{name}"); // a header, and a line for each number
        for (line, column) in text.lines().skip(1).zip(1..) {
            let cells: Vec<&str> = line.split(',').collect();
            let mut values: Vec<f64> = rows.iter().map(|row| row[column]).collect();
            values.sort_by(f64::total_cmp);
            let expected = [values[1], values[0], values[2], 3.0].map(|value| format!("{value:?}"));
            assert_eq!(
                (cells[0], &cells[1..]),
                (columns[column].as_str(), &expected.each_ref().map(String::as_str)[..])
            );
        }
    }
}

/// The entry of `column` in the last row of a table, or in the row called `row`.
fn last(file: &Path, row: Option<&str>, column: &str) -> Option<f64> {
    let text = fs::read_to_string(file).expect("a table");
    let mut lines = text.lines();
    let index = lines.next()?.split(',').position(|name| name == column)?;
    let line = match row {
        Some(row) => lines.find(|line| line.split(',').next() == Some(row)),
        None => lines.last(),
    };
    line?.split(',').nth(index)?.parse().ok()
}

/// Parts from different runs, with any number of threads, become what one run writes. Seeds that diverge have empty rows.
#[test]
fn parts_joined_are_one_run() {
    let place = scratch();
    let name = "sec2_5_2_three_layer_nn"; // which diverges for three of these seeds
    let whole = succeed(place.path(), name, &["--seeds", "1..10", "--out", "whole"]);
    assert_eq!(whole.stdout.matches("the run diverged: the loss at iteration").count(), 3, "{}", whole.stdout);
    let part = |seeds, out, threads| {
        let mut part = tests::programs::command(place.path(), name, &["--seeds", seeds, "--out", out, "--quiet"]);
        assert!(part.env("RAYON_NUM_THREADS", threads).output().expect("the program starts").status.success());
    };
    part("1..5", "first", "1");
    part("6..9", "second", "4");
    let all = ["--seeds", "1..10", "--join", "first,second", "--out", "joined"];
    let joined = succeed(place.path(), name, &all);
    assert_eq!(joined.stdout.replace("joined", "whole"), whole.stdout);
    let whole = files(&place.path().join("whole"));
    assert_eq!(whole.keys().collect::<Vec<_>>(), ["ranges.csv", "seeds.csv", "summary.json"]);
    assert_eq!(files(&place.path().join("joined")), whole);
    assert!(String::from_utf8_lossy(&whole["seeds.csv"]).contains("\n5,,\n6,,\n"));

    // Into its own directory, it goes on where it was.
    part("1..7", "second", "2");
    succeed(place.path(), name, &["--seeds", "1..10", "--join", "second", "--out", "second"]);
    assert_eq!(files(&place.path().join("second")), whole);

    let refuse = |arguments: &[&str], status, part: &str| {
        let before = names(place.path());
        let line = fail(place.path(), name, &[arguments, &["--out", "new"]].concat(), status);
        assert!(line.contains(part), "{line}");
        assert_eq!(names(place.path()), before);
    };
    let line = fail(place.path(), name, &["--seeds", "5..6", "--out", "diverged"], 1);
    assert!(line.contains("no seed came to an end: the run diverged"), "{line}");
    refuse(&["--seeds", "1..3", "--seed", "2"], 2, "--seed");
    refuse(&["--join", "first"], 2, "--seeds");
    refuse(&["--seeds", "1..3", "--join", "nowhere"], 1, "--join nowhere: cannot read summary.json");
    let other = ["--seeds", "1..3", "--join", "first", "--step-size", "1"];
    refuse(&other, 1, "--join first: is of another run: step_size = 1.1 there, 1.0 here");
}

#[test]
fn a_damaged_part_is_refused() -> Result<()> {
    let place = scratch();
    let name = "sec3_du_gd";
    let arguments = ["--seeds", "1..3", "--out", "part"];
    succeed(place.path(), name, &arguments);
    let good = files(&place.path().join("part"));
    for file in ["seeds.csv", "summary.json"] {
        let whole = String::from_utf8(good[file].clone())?;
        let cells: Vec<&str> = whole.split(',').collect();
        let nan = [&cells[..cells.len() - 1], &["NaN\n"]].concat().join(",");
        for bad in ["", "{}", &whole[..whole.len() / 2], &whole[..whole.len() - 3], &whole.replace(',', ";"), &nan] {
            for (name, content) in &good {
                fs::write(place.path().join("part").join(name), content)?;
            }
            fs::write(place.path().join("part").join(file), bad)?;
            let outcome = run(place.path(), name, &["--seeds", "1..3", "--join", "part", "--out", "new"]);
            // What is missing at the end of a table is run again: then all is as before.
            match outcome.status {
                0 => assert_eq!(files(&place.path().join("new")), good, "{file}: {bad}"),
                1 => assert!(outcome.stderr.starts_with("error: --join part: "), "{}", outcome.stderr),
                other => panic!("{other}: {}", outcome.stderr),
            }
        }
    }
    Ok(())
}

/// Jacobi's method diverges for some matrices: their seeds have empty rows, and the others run.
#[test]
fn a_seed_that_nothing_can_begin_with_has_an_empty_row() {
    let place = scratch();
    let name = "sec4_du_jacobi";
    let quick = ["--quick", "--num-updates", "2", "--seeds"];
    let unsuitable: Vec<u64> = (1..=40)
        .filter(|seed| {
            let one = run(
                place.path(),
                name,
                &["--quick", "--num-updates", "2", "--seed", &seed.to_string(), "--out", "one"],
            );
            one.status == 1
        })
        .collect();
    assert!(!unsuitable.is_empty());
    let outcome = succeed(place.path(), name, &[&quick[..], &["1..40", "--out", "all"]].concat());
    assert_eq!(outcome.stdout.matches("diverges for this matrix").count(), unsuitable.len(), "{}", outcome.stdout);
    let text = fs::read_to_string(place.path().join("all/seeds.csv")).expect("a table");
    let empty =
        text.lines().filter(|line| line.contains(",,")).map(|line| line.split(',').next().expect("a seed").parse());
    assert_eq!(empty.collect::<Result<Vec<u64>, _>>(), Ok(unsuitable));
}

/// Ctrl-C leaves the seeds that are done.
#[cfg(unix)]
#[test]
fn what_is_done_is_kept() -> Result<()> {
    let place = scratch();
    let name = "sec3_du_gd_ridge";
    let small = ["--seeds", "1..1000", "--num-generations", "2", "--num-updates", "20"];
    assert!(small.iter().filter(|option| option.starts_with("--num")).all(|option| has(&options(name), option)));
    let child = tests::programs::command(place.path(), name, &small).args(["--out", "part"]).spawn()?;
    let begun = place.path().join("part/seeds.csv");
    while !begun.exists() {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let killed = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status()?;
    assert!(killed.success());
    assert_eq!(child.wait_with_output()?.status.code(), Some(130));
    let (_, rows) = table(&begun);
    assert!(!rows.is_empty() && rows.len() < 1000, "{}", rows.len());
    let seeds = format!("1..{}", rows.len());
    let few = ["--seeds", &seeds, "--num-generations", "2", "--num-updates", "20", "--out"];
    succeed(place.path(), name, &[&few[..], &["whole"]].concat());
    succeed(place.path(), name, &[&few[..], &["joined", "--join", "part"]].concat());
    assert_eq!(files(&place.path().join("joined")), files(&place.path().join("whole")));
    Ok(())
}
