//! The command line: help, exit status and messages, for every program and every option.
//!
//! The programs are those that the disk lists, their options those that `--help` lists; so a new program is held to all of
//! this from its first day. Each run has an empty directory of its own to work in.

use std::{fs, io, process::Stdio, time::Duration};

use candle_core::{DType, Device, Tensor, utils};
use common::config::Usage;
use tests::{
    CHAPTERS, programs,
    programs::{
        Opt, command, command_line, fail, files, finish, has, json, names, options, run_for, scratch, succeed,
        survived, table, tiny, tiny_run,
    },
    section_programs,
};

/// As [`fail`], in a new directory that must be empty afterwards; the line must contain `parts`.
#[track_caller]
fn refuse(name: &str, arguments: &[&str], status: i32, parts: &[&str]) {
    let place = scratch();
    let line = fail(place.path(), name, arguments, status);
    for part in parts {
        assert!(line.contains(part), "{name} {arguments:?}: no '{part}' in: {line}");
    }
    assert_eq!(names(place.path()), [""; 0], "{name} {arguments:?}");
}

#[test]
fn help_teaches_and_version_tells() {
    let place = scratch();
    for name in programs() {
        let help = succeed(place.path(), &name, &["--help"]);
        assert!(help.stdout.contains(&format!("cargo run --release --bin {name} -- ")), "{}", help.stdout);
        assert_eq!(help.stderr, "");
        let options = options(&name);
        for shared in ["--seed", "--out", "--format", "--device", "--quiet", "--help", "--version"] {
            assert!(has(&options, shared), "{name}: no {shared}");
        }
        // A value that has no default is one of those that the shell gives a meaning of its own.
        for option in options.iter().filter(|option| option.takes_value && option.default.is_none()) {
            let input = inputs(&name).iter().any(|input| option.name == format!("--{input}"));
            assert!(
                input || ["--out", "--preset", "--seeds", "--join"].contains(&option.name.as_str()),
                "{name}: {option:?}"
            );
        }
        let version = succeed(place.path(), &name, &["--version"]).stdout;
        let number = version.strip_prefix(&format!("{name} ")).expect("name and version");
        assert!(number.trim().split('.').all(|part| part.parse::<u32>().is_ok()), "{version}");
    }
    assert_eq!(names(place.path()), [""; 0]);
}

/// The options of `program` that name files.
fn inputs(program: &str) -> Vec<&'static str> {
    let entries = CHAPTERS.iter().flat_map(|chapter| chapter.entries());
    let entry = entries.into_iter().find(|entry| entry.name == program);
    entry.map_or(vec![], |entry| entry.inputs.iter().map(|input| input.name).collect())
}

/// What an option must refuse, judged by its name where the name says it, else by its default.
fn bad_values(program: &str, option: &Opt) -> Vec<&'static str> {
    const NOT_NUMBERS: [&str; 6] = ["NaN", "inf", "-inf", "1e999", "many", ""];
    const NOT_COUNTS: [&str; 6] = ["0", "-1", "1.5", "1e6", "1000000000000", "99999999999999999999999"];
    let number = |other: &[&'static str]| [&NOT_NUMBERS[..], other].concat();
    let allowed = |value: &&str| {
        let may = MAY_BE.iter().any(|&(p, o, values)| p == program && o == option.name && values.contains(value));
        !may
    };
    let values = match option.name.trim_start_matches("--") {
        "seeds" => vec!["", "3", "1..", "..2", "2..1", "-1..2", "a..b", "1..1000000", "0..18446744073709551616"],
        name if ["out", "load", "join"].contains(&name) || inputs(program).contains(&name) => vec![],
        "learning-rate" | "regularisation-learning-rate" | "step-size" | "width" | "spacing" | "epsilon" => {
            number(&["0", "-0", "-1"])
        }
        "noise-std" | "weight-decay" if option.default.as_deref().is_some_and(|d| !d.contains(',')) => {
            number(&["-1", "-1e-300"])
        }
        "momentum" | "decay" | "beta1" | "beta2" => number(&["1", "-0.1"]),
        "seed" => number(&["-1", "1.5", "1e6", "18446744073709551616"]),
        name if name.starts_with("num-") || ["size", "batch-size"].contains(&name) => number(&NOT_COUNTS),
        _ if !option.possible.is_empty() => vec!["nonsense", "", "-1"],
        _ => match option.default.as_deref() {
            Some(default) if default.contains(',') => vec!["many", "NaN", "inf", "good,NaN", "good,", ""],
            Some(default) if default.parse::<f64>().is_ok() => NOT_NUMBERS.to_vec(),
            Some(_) => vec!["many", "NaN", "inf", "-1", ""],
            None => panic!("{program}: say here what {option:?} refuses"),
        },
    };
    values.into_iter().filter(allowed).collect()
}

/// Values that would be bad elsewhere: nothing is trained, or no test words are counted, and the rest is shown.
const MAY_BE: [(&str, &str, &[&str]); 7] = [
    ("sec5_bp_train", "--num-updates", &["0"]),
    ("sec5_bp_train", "--num-ml", &["0"]),
    ("sec5_bp_weights", "--num-updates", &["0"]),
    ("sec5_bp_weights", "--num-few-updates", &["0"]),
    ("sec5_bp_weights", "--num-redundant-updates", &["0"]),
    ("sec5_du_stabilize", "--num-updates", &["0"]),
    ("sec5_du_stabilize_sde", "--num-updates", &["0"]),
];

/// The command line of a program refuses each bad value; of each option the program itself is shown the first.
#[test]
fn every_option_refuses_what_is_out_of_its_range() {
    for name in programs() {
        let line = command_line(&name);
        for option in options(&name).iter().filter(|option| option.takes_value) {
            let good = option.default.as_deref().and_then(|list| list.split(',').next()).unwrap_or_default();
            for (index, value) in bad_values(&name, option).into_iter().enumerate() {
                let value = &value.replace("good,", &format!("{good},")); // what a list begins with
                let refused = line.clone().try_get_matches_from([&name, &option.name, value]).map(drop);
                let Err(refused) = refused else {
                    panic!("{name} {} {value}: accepted", option.name);
                };
                let mut line = Usage::of(&refused).to_string();
                if index == 0 {
                    let place = scratch();
                    line = fail(place.path(), &name, &[&option.name, value], 2);
                    assert_eq!(names(place.path()), [""; 0], "{line}");
                }
                let what = format!("{name} {} {value}: {line}", option.name);
                assert!(line.contains(&option.name), "{what}");
                // Of a list, clap names the entry that is wrong.
                let wrong = value.split(',').next_back().unwrap_or(value);
                assert!(wrong.is_empty() || line.contains(&format!("'{wrong}'")), "{what}");
                for possible in &option.possible {
                    assert!(line.contains(possible.as_str()), "{what}");
                }
                assert!(line.contains("must be") || !option.possible.is_empty(), "{what}");
            }
        }
    }
}

/// An option of a program with a value that the command line takes, at the edge of what it takes.
struct Attack {
    program: String,
    option: String,
    value: String,
}

/// The smallest and largest numbers there are, wherever they are taken.
fn attacks() -> Vec<Attack> {
    let mut attacks = vec![];
    for program in section_programs() {
        let line = command_line(&program);
        for option in options(&program).iter().filter(|option| option.takes_value) {
            let Some(default) = option.default.as_ref().filter(|d| d.split(',').all(|e| e.parse::<f64>().is_ok()))
            else {
                continue;
            };
            for extreme in ["0", "1", "1e308", "-1e308", "5e-324", "0.999999999999"] {
                let value = vec![extreme; default.split(',').count()].join(",");
                if line.clone().try_get_matches_from([&program, &option.name, &value]).is_ok() {
                    attacks.push(Attack { program: program.clone(), option: option.name.clone(), value });
                }
            }
        }
    }
    attacks
}

/// Done, or failed with a line, never a panic, and never without end.
///
/// Every eighth attack, begun by chance; `ATTACKS=seed` makes all of them, with that seed for the programs too.
#[test]
fn every_option_survives_extreme_values() {
    let seed = std::env::var("ATTACKS").ok();
    let (every, seed) = (if seed.is_some() { 1 } else { 8 }, seed.unwrap_or("1".into()));
    let attacks = attacks();
    assert!(attacks.len() > 500, "{}", attacks.len());
    for Attack { program, option, value } in attacks.iter().skip(3 % every).step_by(every) {
        let place = scratch();
        let options = options(program);
        let arguments = tiny_but(&options, &[option, value]);
        let arguments = [&arguments[..], &["--out", "run"]].concat();
        let own_seed = option != "--seed";
        let arguments = if own_seed { [&arguments[..], &["--seed", &seed]].concat() } else { arguments };
        let Some(run) = run_for(place.path(), program, &arguments, Duration::from_secs(120)) else {
            panic!("{program} {option} {value}: no end after two minutes");
        };
        let what = format!("{program} {option} {value}: {}", run.stderr);
        survived(&run, &what);
        assert!(run.status != 2 || names(place.path()).is_empty(), "{what}");
        let zero_is_allowed = ["--noise-std", "--weight-decay", "--seed"].contains(&option.as_str());
        assert!(value != "0" || !zero_is_allowed || run.status == 0, "{what}");
    }
}

/// [`tiny`] with `option`, an option and its value, in place of what it says of that option.
fn tiny_but<'a>(options: &[Opt], option: &[&'a str; 2]) -> Vec<&'a str> {
    let all = tiny(options);
    let (flags, pairs) = all.split_at(all.len() % 2);
    let others = pairs.chunks(2).filter(|pair| pair[0] != option[0]).flatten();
    flags.iter().chain(others).chain(option).copied().collect()
}

#[test]
fn wrong_usage_is_told_in_a_line() {
    for name in programs() {
        refuse(&name, &["--no-such-option"], 2, &["--no-such-option", "--help"]);
        refuse(&name, &["stray"], 2, &["stray"]);
        refuse(&name, &["--seed"], 2, &["--seed", "value"]);
        refuse(&name, &["--seed", "1", "--seed", "2"], 2, &["--seed"]);
    }
    refuse("sec2_4_autodiff", &["--point", "1"], 2, &["--point", "two numbers"]);
    refuse("sec2_4_gradient_descent", &["--start", "1,2,3"], 2, &["--start", "two numbers"]);
}

#[test]
fn a_device_that_was_not_compiled_in_is_told() {
    let devices = [("cuda", utils::cuda_is_available()), ("metal", utils::metal_is_available())];
    for (device, built) in devices {
        for name in programs().iter().filter(|_| !built) {
            refuse(name, &["--device", device], 2, &["--device", device, "built for auto, cpu"]);
        }
    }
    for name in section_programs() {
        let place = scratch();
        tiny_run(place.path(), &name, "run", &["--device", "cpu"]);
        assert_eq!(json(&place.path().join("run/summary.json"))["device"], "cpu");
    }
}

/// Options that make a section diverge at once, so that a complaint about something else came before the training.
const DIVERGING: [(&str, &[&str]); 7] = [
    ("sec2_4_4_regression", &["--learning-rate", "1e6"]),
    ("sec2_5_1_rbf", &["--learning-rate", "1e6"]),
    ("sec2_5_1_rbf", &["--preset", "gradient-descent", "--learning-rate", "1e6"]),
    ("sec2_5_1_rbf", &["--optimizer", "momentum", "--learning-rate", "0.01"]),
    ("sec2_5_2_three_layer_nn", &["--step-size", "1e6"]),
    ("sec2_5_2_three_layer_nn", &["--step-size", "4"]),
    ("sec2_4_gradient_descent", &["--step-size", "0.3", "--num-iterations", "1000"]),
];

#[test]
fn an_output_directory_that_cannot_be_is_told_before_training() {
    let unwritable = |name: &str, arguments: &[&str]| {
        for out in ["file", "file/below", "file/below/that"] {
            let place = scratch();
            fs::write(place.path().join("file"), "mine").expect("a file");
            let arguments = [arguments, &["--out", out]].concat();
            let line = fail(place.path(), name, &arguments, 1);
            assert!(line.contains(&format!("--out {out}")), "{name}: {line}");
            assert_eq!(files(place.path()), [("file".to_owned(), b"mine".to_vec())].into(), "{name}");
        }
    };
    for name in section_programs() {
        unwritable(&name, &[]);
    }
    for (name, arguments) in DIVERGING {
        unwritable(name, arguments);
    }
    for name in programs().iter().filter(|name| name.starts_with("chapter")) {
        let place = scratch();
        fs::write(place.path().join("file"), "mine").expect("a file");
        let line = fail(place.path(), name, &["--out", "file"], 1);
        assert!(line.contains("--out file"), "{name}: {line}");
    }
}

#[test]
fn a_run_that_diverges_leaves_an_earlier_one_alone_and_goes_with_the_next_that_does_not() {
    let place = scratch();
    let (name, out) = ("sec2_5_1_rbf", place.path().join("run"));
    succeed(place.path(), name, &["--out", "run"]);
    fs::write(out.join("notes.txt"), "mine").expect("a file");
    let before = files(&out);
    for _ in 0..2 {
        fail(place.path(), name, &["--learning-rate", "1e6", "--out", "run"], 1);
        assert_eq!(files(&out), before);
        assert_eq!(names(&out.join("diverged")), ["history.csv", "summary.json"]);
    }
    succeed(place.path(), name, &["--out", "run"]);
    assert!(!out.join("diverged").exists() && out.join("notes.txt").exists());
    // Nor do figures of another format stay.
    let svg = succeed(place.path(), name, &["--out", "run", "--format", "svg"]);
    assert!(names(&out).iter().all(|file| !file.ends_with(".png")), "{}", svg.stdout);
}

#[test]
fn a_diverging_run_keeps_its_history() {
    for (name, arguments) in DIVERGING {
        let place = scratch();
        let line = fail(place.path(), name, &[arguments, &["--out", "run"]].concat(), 1);
        let what = format!("{name} {arguments:?}: {line}");
        let out = place.path().join("run/diverged");
        assert_eq!(names(&place.path().join("run")), ["diverged"], "{what}");
        assert_eq!(names(&out), ["history.csv", "summary.json"], "{what}");
        assert!(line.contains("diverged") && line.contains("run/diverged: history.csv"), "{what}");

        let (header, rows) = table(&out.join("history.csv"));
        let at = line.split(&format!("the loss at {} ", header[0])).nth(1).expect("the history's counter");
        let at: usize = at.split(' ').next().and_then(|at| at.parse().ok()).expect("a number");
        // The first without a row.
        assert_eq!(rows.len(), at, "{what}");
        assert!(rows.iter().flatten().all(|value| value.is_finite()), "{what}");
    }
}

/// Of several trainings the one that diverged is named, and what the others learned is kept.
#[test]
fn trainings_finished_before_one_that_diverges_are_kept() {
    let place = scratch();
    let start = ["--quick", "--num-generations", "3", "--num-updates", "5", "--out", "run"];
    let penalties = [&start[..], &["--regularisation-learning-rate", "1e80"]].concat();
    let line = fail(place.path(), "sec3_du_gd_ridge", &penalties, 1);
    assert!(
        line.starts_with("error: training learned_T4_regularisation: the run diverged: the loss at depth "),
        "{line}"
    );
    let out = place.path().join("run/diverged");
    assert_eq!(names(&out), ["history.csv", "learned_T4.csv", "params.safetensors", "summary.json"]);
    assert_eq!(table(&out.join("learned_T4.csv")).1.len(), 3);
    let parameters = candle_core::safetensors::load(out.join("params.safetensors"), &Device::Cpu).expect("parameters");
    assert_eq!(parameters.keys().collect::<Vec<_>>(), ["learned_T4/step_size"]);
    let summary = json(&out.join("summary.json"));
    assert!(summary["error"].as_str().is_some_and(|error| line.contains(error)), "{summary}");

    // One whose very first loss is beyond all bounds.
    let huge = ["--training", "full-depth", "--initial-step-size", "1e9"];
    let line = fail(place.path(), "sec3_du_gd_least_squares", &[&start[..], &huge].concat(), 1);
    assert!(line.starts_with("error: training learned_T2: the run diverged: the loss at generation 1 "), "{line}");
    // Many side by side.
    let arguments = ["--quick", "--num-updates", "20", "--network-rate", "1e150", "--out", "run"];
    let line = fail(place.path(), "sec2_5_2_compact_domain", &arguments, 1);
    assert!([" of ", " on [", ", repetition ", "diverged"].iter().all(|part| line.contains(part)), "{line}");
    // Those before it in their order are kept, whatever the number of threads.
    let mut kept = vec![];
    for threads in ["1", "3"] {
        let arguments = ["--quick", "--learning-rate", "1e150", "--out", threads];
        let mut command = command(place.path(), "sec2_5_analytic", &arguments);
        command.env("RAYON_NUM_THREADS", threads);
        assert_eq!(finish(command).status, 1);
        let out = place.path().join(threads).join("diverged");
        assert_eq!(names(&out), ["descents.csv", "history.csv", "summary.json"]);
        kept.push(fs::read(out.join("descents.csv")).expect("a table"));
    }
    assert!(kept[0] == kept[1] && kept[0].starts_with(b"update,GradientDescent_smallest_so_far,"));
    let line = fail(place.path(), "sec5_du_stabilize", &["--horizon", "1e300", "--out", "run"], 1);
    assert!(line.contains("the loss at update 0 "), "{line}");
}

/// Settings whose summaries once had numbers that are none.
#[test]
fn summaries_hold_numbers() {
    let short = ["--quick", "--num-generations", "2", "--num-updates", "3"];
    let few: [(&str, &[&str]); 5] = [
        ("sec3_du_gd_least_squares", &["--num-observations", "10"]),
        ("sec3_du_gd_ridge", &["--num-observations", "10", "--regularisation", "0"]),
        ("sec3_du_noisy_gd", &["--num-observations", "10"]),
        ("sec3_rastrigin", &["--start-std", "0"]),
        ("sec5_bp_train", &["--noise-std", "0.01"]),
    ];
    for (name, arguments) in few {
        let place = scratch();
        let short =
            short.iter().copied().filter(|a| name != "sec5_bp_train" || !["--num-generations", "2"].contains(a));
        let arguments: Vec<&str> = short.chain(arguments.iter().copied()).collect();
        let run = succeed(place.path(), name, &arguments);
        let number = |word: &&str| ["nan", "inf", "-inf"].contains(&word.to_lowercase().as_str());
        assert_eq!(run.stdout.split([' ', '\n', ',']).find(number), None, "{name} {arguments:?}: {}", run.stdout);
    }
}

#[test]
fn a_list_that_says_a_thing_twice_is_refused() {
    refuse("sec3_du_gd_least_squares", &["--period", "2,free,2"], 2, &["--period", "different"]);
    refuse("sec5_consensus_schedules", &["--period", "8,8"], 2, &["--period", "different"]);
}

/// Curves run along these lists.
#[test]
fn a_list_in_no_order_is_refused() {
    for (name, option, list) in [
        ("sec2_5_rbf_vs_nn", "--num-parameters", "10,10"),
        ("sec2_5_rbf_vs_nn", "--num-parameters", "400,4,50"),
        ("sec2_5_2_compact_domain", "--half-widths", "4,1"),
        ("sec4_finite_dataset", "--dataset-sizes", "10,10"),
        ("sec5_mnist_constraints", "--lambda", "10,1"),
        ("sec5_bp_weights", "--ebn0", "3,2"),
        ("sec5_mimo_channels", "--noise-std", "1,0.5"),
        ("sec5_mimo_channels", "--num-iterations", "5,5"),
    ] {
        refuse(name, &[option, list], 2, &[option, "must ascend"]);
    }
    refuse("sec2_5_2_compact_domain", &["--left-ends", "0.1,0.3"], 2, &["--left-ends", "must descend"]);
    refuse("sec2_5_2_compact_domain", &["--left-ends", "1e-7"], 2, &["--left-ends", "from 1e-6 to 0.9"]);
    refuse("sec2_4_4_step_counts", &["--optimizer", "momentum"], 2, &["--optimizer", "adam or adamw"]);
}

#[test]
fn a_number_of_threads_that_cannot_be_is_told() {
    for threads in ["0", "-1", "many", "", "100000"] {
        let place = scratch();
        let mut command = command(place.path(), "sec1_tsin", &[]);
        command.env("RAYON_NUM_THREADS", threads);
        let run = finish(command);
        assert_eq!((run.status, names(place.path()).len()), (2, 0), "{threads}: {}", run.stderr);
        assert!(run.stderr.contains("RAYON_NUM_THREADS: must be a whole number from 1 to "), "{}", run.stderr);
    }
}

/// Eight threads have room in 4 GB, and where there is none, a line says of what.
#[cfg(target_os = "linux")]
#[test]
fn threads_have_room_in_little_memory() {
    let limited = |kilobytes: &str, name: &str| {
        let place = scratch();
        let mut command = std::process::Command::new("sh");
        command.args(["-c", &format!("ulimit -v {kilobytes}; exec \"$0\""), name]).current_dir(place.path());
        finish({
            command.env("RAYON_NUM_THREADS", "8").stdin(Stdio::null());
            command
        })
    };
    let program = tests::program("sec1_tsin");
    let program = program.to_string_lossy();
    let run = limited("4000000", &program);
    assert_eq!(run.status, 0, "{}", run.stderr);
}

/// Makes other parameters of a name and a tensor.
type Change = fn(&str, &Tensor) -> candle_core::Result<(String, Tensor)>;

#[test]
fn load_refuses_what_is_not_the_programs_parameters() {
    for name in section_programs() {
        let options = options(&name);
        if !has(&options, "--load") {
            continue;
        }
        let place = scratch();
        tiny_run(place.path(), &name, "run", &[]);
        let good = fs::read(place.path().join("run/params.safetensors")).expect("parameters");
        let parameters = candle_core::safetensors::load_buffer(&good, &Device::Cpu).expect("parameters");
        let saved = |change: Change| {
            let changed = parameters.iter().map(|(name, tensor)| change(name, tensor).expect("a tensor"));
            let file = scratch();
            let path = file.path().join("changed");
            candle_core::safetensors::save(&changed.collect(), &path).expect("a file");
            fs::read(path).expect("a file")
        };
        let huge_header = [&u64::MAX.to_le_bytes()[..], b"{}"].concat();
        let mut garbled = good.clone();
        garbled[8..12].fill(b'#');
        let bad = [
            ("empty", vec![]),
            ("a_byte_short", good[..good.len() - 1].to_vec()),
            ("half", good[..good.len() / 2].to_vec()),
            ("header_cut", good[..5].to_vec()),
            ("huge_header", huge_header),
            ("garbled", garbled),
            ("text", b"p1 = 3.0\np2 = 1.0\n".to_vec()),
            ("other_names", saved(|name, t| Ok((format!("not_{name}"), t.clone())))),
            (
                "other_shape",
                saved(|name, t| Ok((name.to_owned(), Tensor::cat(&[t.flatten_all()?, t.flatten_all()?], 0)?))),
            ),
            ("other_type", saved(|name, t| Ok((name.to_owned(), t.to_dtype(DType::F32)?)))),
        ];
        for (file, content) in bad {
            let place = scratch();
            fs::write(place.path().join(file), content).expect("a file");
            let line = fail(place.path(), &name, &["--load", file], 1);
            assert!(line.contains(&format!("--load {file}")), "{name}: {line}");
            assert_eq!(names(place.path()), [file], "{name}: {line}");
        }
        refuse(&name, &["--load", "missing"], 1, &["--load missing"]);
        refuse(&name, &["--load", "."], 1, &["--load ."]);
        refuse(&name, &["--load"], 2, &["--load"]);

        // Parameters that are no numbers: diverged before the first update.
        fs::write(place.path().join("nan"), saved(|name, t| Ok((name.to_owned(), (t * f64::NAN)?)))).expect("a file");
        let line = fail(place.path(), &name, &["--load", "nan", "--out", "nan_run"], 1);
        assert!(line.contains("diverged") && line.contains(" 0 "), "{name}: {line}");
    }
}

#[test]
fn load_continues_from_where_a_run_ended() {
    let mut loaded = vec![];
    for name in section_programs() {
        if !has(&options(&name), "--load") {
            continue;
        }
        let place = scratch();
        tiny_run(place.path(), &name, "first", &[]);
        tiny_run(place.path(), &name, "second", &["--load", "first/params.safetensors"]);
        let history = |out: &str| table(&place.path().join(out).join("history.csv")).1;
        let (first, second) = (history("first"), history("second"));
        let loss = |row: &[f64]| row.last().copied();
        assert_eq!(loss(&first[first.len() - 1]), loss(&second[0]), "{name}");
        assert_ne!(loss(&first[0]), loss(&second[0]), "{name}");
        loaded.push(name);
    }
    for name in ["sec2_4_4_regression", "sec2_5_1_rbf"] {
        assert!(loaded.iter().any(|loaded| loaded == name), "{name} takes --load");
    }
}

#[test]
fn quiet_prints_nothing() {
    for name in section_programs() {
        let place = scratch();
        let run = tiny_run(place.path(), &name, "run", &["--quiet"]);
        assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""), "{name}");
        assert!(!names(&place.path().join("run")).is_empty(), "{name}");
    }
}

#[test]
fn a_reader_who_has_gone_is_no_error() {
    for name in programs() {
        let place = scratch();
        let options = options(&name);
        for arguments in [&tiny(&options)[..], &["--help"], &["--version"]] {
            let (reader, writer) = io::pipe().expect("a pipe");
            drop(reader);
            let mut command = command(place.path(), &name, arguments);
            command.stdout(writer).stderr(Stdio::piped());
            let output = command.spawn().and_then(|child| child.wait_with_output()).expect("the program starts");
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success() && !stderr.contains("error"), "{name} {arguments:?}: {stderr}");
        }
    }
}
