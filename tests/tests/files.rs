//! What the programs leave on the disk: histories, summaries, parameters and figures, the same bytes each time.

use std::{collections::BTreeMap, fs, io, path::Path};

use candle_core::Device;
use common::figure::missing_glyphs;
use quick_xml::{Reader, events::Event};
use serde_json::Value;
use tests::{
    CHAPTERS, programs,
    programs::{command, fail, files, finish, has, json, names, options, run, scratch, succeed, table, tiny, tiny_run},
    section_programs,
};

/// The whole of what a run leaves, as PNG.
#[test]
fn every_section_leaves_its_files() {
    for name in section_programs() {
        let place = scratch();
        let options = options(&name);
        let run = succeed(place.path(), &name, &tiny(&options));
        let out = place.path().join("output").join(&name); // the default
        assert_eq!(names(place.path()), ["output"]);

        let found = names(&out);
        let listed = run.stdout.split_once(&format!("files in {}: ", Path::new("output").join(&name).display()));
        let mut listed: Vec<_> = listed.expect("the files").1.split(',').map(str::trim).collect();
        listed.sort_unstable();
        assert_eq!(found, listed, "{name}");

        let summary = json(&out.join("summary.json"));
        let keys: Vec<_> = summary.as_object().expect("an object").keys().collect();
        let expected =
            ["program", "configuration", "seed", "device", "threads", "final_loss", "parameters", "files", "seconds"];
        assert_eq!(keys, expected, "{name}");
        let mut own: Vec<_> = summary["files"].as_array().into_iter().flatten().collect();
        own.sort_unstable_by_key(|file| file.to_string());
        assert_eq!(own, found.iter().collect::<Vec<_>>(), "{name}");
        assert_eq!(summary["program"], *name);
        assert_eq!(summary["seed"], 1);
        assert!(["cpu", "cuda", "metal"].map(Value::from).contains(&summary["device"]), "{name}");
        assert!(summary["threads"].as_u64().is_some_and(|threads| threads > 0), "{name}");
        for part in ["data", "training", "drawing"] {
            assert!(summary["seconds"][part].as_f64().is_some_and(|seconds| seconds >= 0.0), "{name}: {part}");
        }
        for field in summary["configuration"].as_object().expect("an object").keys() {
            let option = common::config::option_name(field);
            // A section may hide an option of a group that it sets itself.
            let mut entries = CHAPTERS.iter().flat_map(|chapter| chapter.entries());
            let command = entries.find(|entry| entry.name == name).map(|entry| entry.command());
            let hidden = command.is_some_and(|command| {
                command.get_arguments().any(|a| a.is_hide_set() && a.get_long() == option.strip_prefix("--"))
            });
            assert!(hidden || has(&options, &option), "{name}: --help does not mention {option}");
        }

        let tables: Vec<_> = found.iter().filter(|file| file.ends_with(".csv")).collect();
        assert!(!tables.is_empty(), "{name}: no table");
        for file in tables {
            let (header, rows) = table(&out.join(file));
            assert!(header.len() >= 2 && !rows.is_empty(), "{name}, {file}");
            let counts = rows.windows(2).all(|pair| pair[0][0] < pair[1][0]);
            assert!(counts || file != "history.csv", "{name}: the first column counts");
        }

        let figures: Vec<_> = found.iter().filter(|file| file.ends_with(".png")).collect();
        assert!(!figures.is_empty(), "{name}: no figure");
        figures.iter().for_each(|figure| assert_shows_something(&out.join(figure)));

        let file = "params.safetensors";
        let inline = summary["parameters"].as_object();
        assert!(inline.is_some() || summary["parameters"] == file, "{name}");
        assert_eq!(found.iter().any(|f| f == file), inline.is_none_or(|parameters| !parameters.is_empty()), "{name}");
        if found.iter().any(|f| f == file) {
            let tensors = candle_core::safetensors::load(out.join(file), &Device::Cpu).expect("readable parameters");
            for (parameter, tensor) in &tensors {
                let entries = tensor.flatten_all().and_then(|t| t.to_vec1::<f64>()).expect("f64 parameters");
                assert!(entries.iter().all(|entry| entry.is_finite()), "{name}: {parameter}");
                if let Some(inline) = inline {
                    let value = if tensor.rank() == 0 { Value::from(entries[0]) } else { Value::from(entries) };
                    assert_eq!(inline[parameter], value, "{name}: {parameter}");
                }
            }
            assert!(inline.is_none_or(|inline| inline.len() == tensors.len()), "{name}");
        }
    }
}

fn assert_shows_something(file: &Path) {
    let mut reader =
        png::Decoder::new(io::BufReader::new(fs::File::open(file).expect("a figure"))).read_info().expect("a PNG file");
    let mut pixels = vec![0; reader.output_buffer_size()];
    let info = reader.next_frame(&mut pixels).expect("a whole image");
    assert!(info.width >= 200 && info.height >= 200, "{}", file.display());
    let mut colours: BTreeMap<&[u8], usize> = BTreeMap::new();
    for pixel in pixels.chunks_exact(info.color_type.samples()) {
        *colours.entry(pixel).or_default() += 1;
    }
    let background = colours.values().max().copied().unwrap_or(0);
    let drawn = (info.width * info.height) as usize - background;
    assert!(colours.len() > 10 && drawn > 2000, "{}: {drawn} pixels drawn", file.display());
}

#[test]
fn every_svg_is_well_formed_and_uses_glyphs_that_the_font_has() {
    for name in section_programs() {
        let place = scratch();
        tiny_run(place.path(), &name, "svg", &["--format", "svg"]);
        let figures: Vec<_> =
            files(&place.path().join("svg")).into_iter().filter(|(file, _)| file.ends_with(".svg")).collect();
        assert!(!figures.is_empty(), "{name}: no figure");
        for (file, content) in figures {
            let svg = String::from_utf8(content).expect("an SVG file is UTF-8");
            let (mut reader, mut open, mut texts, mut shapes) = (Reader::from_str(&svg), vec![], 0, 0);
            loop {
                match reader.read_event().unwrap_or_else(|error| panic!("{name}, {file}: {error}")) {
                    Event::Start(tag) => {
                        assert!(tag.attributes().all(|attribute| attribute.is_ok()), "{name}, {file}");
                        open.push(tag.name().as_ref().to_owned());
                    }
                    Event::Empty(tag) => {
                        assert!(tag.attributes().all(|attribute| attribute.is_ok()), "{name}, {file}");
                        shapes += 1;
                    }
                    Event::End(_) => drop(open.pop()),
                    Event::Text(text) if open.last().is_some_and(|tag| tag == "text") => {
                        assert_eq!(missing_glyphs(text.trim()), [], "{name}, {file}: {}", &*text);
                        texts += 1;
                    }
                    Event::Eof => break,
                    _ => {}
                }
            }
            assert!(
                open.is_empty() && texts > 4 && shapes > 4,
                "{name}, {file}: {open:?}, {texts} texts, {shapes} shapes"
            );
        }
    }
}

/// The histories whose form the readers of other frameworks' logs rely on.
#[test]
fn histories_count_as_documented() {
    let expected: [(&str, &[&str], usize); 3] = [
        ("sec2_4_4_regression", &["epoch", "last_sample_loss", "mean_squared_error"], 21),
        ("sec2_5_1_rbf", &["update", "sum_squared_error"], 251),
        ("sec2_5_2_three_layer_nn", &["iteration", "half_sum_squared_error"], 201),
    ];
    for (name, columns, count) in expected {
        let place = scratch();
        succeed(place.path(), name, &["--out", "run"]);
        let out = place.path().join("run");
        let (header, rows) = table(&out.join("history.csv"));
        assert_eq!(header, columns);
        assert_eq!(rows.len(), count, "{name}");
        assert!(rows.iter().enumerate().all(|(k, row)| row[0] == k as f64), "{name}");
        let last = rows[count - 1].last().copied().expect("a loss");
        assert_eq!(json(&out.join("summary.json"))["final_loss"], last, "{name}");
    }
}

/// All files of a run but the parts of summary.json that may differ: how long it took and on how many threads.
fn comparable(out: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = files(out);
    let mut summary = json(&out.join("summary.json"));
    let fields = summary.as_object_mut().expect("an object");
    fields.remove("seconds");
    fields.remove("threads");
    files.insert("summary.json".into(), summary.to_string().into_bytes());
    files
}

#[test]
fn a_seed_gives_the_same_bytes_on_one_thread_and_on_two() {
    // Nothing is drawn at random, or nothing of it is written: the device's matrices are only multiplied.
    const WITHOUT_RANDOMNESS: [&str; 12] = [
        "sec1_tsin",
        "sec2_4_autodiff",
        "sec2_4_device",
        "sec2_4_gradient_descent",
        "sec2_5_1_rbf",
        "sec2_5_analytic",
        "sec5_bp_decoding", // the received word is an option
        "sec5_du_stabilize",
        "sec5_mmse_function", // a posterior mean in closed form
        "sec6_du_euler_lv",
        "sec6_du_rr",
        "sec6_du_vo",
    ];
    for name in section_programs() {
        let place = scratch();
        let options = options(&name);
        let run = |out: &str, threads: &str, seed: &str| {
            let arguments = [&tiny(&options), &["--out", out, "--seed", seed][..]].concat();
            let mut command = command(place.path(), &name, &arguments);
            command.env("RAYON_NUM_THREADS", threads);
            let run = finish(command);
            assert_eq!(run.status, 0, "{name}: {}", run.stderr);
            let out = place.path().join(out);
            assert_eq!(json(&out.join("summary.json"))["threads"].to_string(), threads);
            comparable(&out)
        };
        let first = run("first", "1", "3");
        for (out, threads) in [("again", "1"), ("two_threads", "2"), ("two_threads_again", "2")] {
            let other = run(out, threads, "3");
            for (file, content) in &first {
                assert!(other.get(file) == Some(content), "{name}, {out}: {file} differs");
            }
            assert_eq!(other.len(), first.len(), "{name}, {out}");
        }
        let mut other = run("other_seed", "2", "4");
        other.insert("summary.json".into(), first["summary.json"].clone()); // which names the seed
        let random = !WITHOUT_RANDOMNESS.contains(&name.as_str());
        assert_eq!(other != first, random, "{name}: does the seed change the files?");
    }
}

#[test]
fn presets_give_other_defaults_and_options_beside_them_count() {
    let configuration = |name: &str, arguments: &[&str]| {
        let place = scratch();
        succeed(place.path(), name, &[arguments, &["--out", "run"]].concat());
        json(&place.path().join("run/summary.json"))["configuration"].clone()
    };
    for name in section_programs() {
        let options = options(&name);
        let presets = options.iter().filter(|option| option.name == "--preset");
        for preset in presets.flat_map(|option| &option.possible) {
            let arguments = [&tiny(&options), &["--preset", preset.as_str()][..]].concat();
            configuration(&name, &arguments);
        }
    }
    let numbers = |arguments| {
        let configuration = configuration("sec2_4_4_regression", arguments);
        (configuration["learning_rate"].as_f64(), configuration["num_epochs"].as_u64())
    };
    assert_eq!(numbers(&[]), (Some(1.0), Some(20)));
    assert_eq!(numbers(&["--preset", "article"]), (Some(1.0), Some(20)));
    assert_eq!(numbers(&["--preset", "book"]), (Some(0.4), Some(10)));
    assert_eq!(numbers(&["--num-epochs", "3", "--preset", "book"]), (Some(0.4), Some(3)));
    let rbf = configuration("sec2_5_1_rbf", &["--preset", "gradient-descent"]);
    assert_eq!(rbf["optimizer"], "gradient-descent");
    assert_eq!((rbf["learning_rate"].as_f64(), rbf["num_updates"].as_u64()), (Some(0.003), Some(500)));
}

#[test]
fn files_that_are_not_the_runs_own_stay_as_they_are() {
    for name in section_programs() {
        let place = scratch();
        let out = place.path().join("out");
        let foreign = [("notes.txt", "mine"), ("history.csv.bak", "mine too"), (".partial-x", ""), ("basis.txt", "1")];
        fs::create_dir_all(out.join("directory")).expect("a directory");
        for (file, content) in foreign {
            fs::write(out.join(file), content).expect("a file");
        }
        let untouched = || {
            let same =
                |(file, content): (&str, &str)| fs::read(out.join(file)).is_ok_and(|found| found == content.as_bytes());
            foreign.into_iter().all(same) && names(&out.join("directory")).is_empty()
        };
        tiny_run(place.path(), &name, "out", &[]);
        let once = names(&out);
        tiny_run(place.path(), &name, "out", &[]);
        assert_eq!(names(&out), once, "{name}: the second run takes the place of the first");
        assert!(untouched(), "{name}");
        let before = files(&out);
        fail(place.path(), &name, &["--out", "out", "--seed", "x"], 2);
        assert_eq!(files(&out), before, "{name}");
    }
}

#[test]
fn a_chapters_program_runs_its_sections_and_prints_a_row_for_each() {
    for name in programs().iter().filter(|name| name.starts_with("chapter")) {
        let place = scratch();
        let run = tiny_run(place.path(), name, "run", &[]);
        // The open questions are not sections of the book.
        let chapter = CHAPTERS.iter().find(|chapter| chapter.name == name).expect("a chapter");
        let mut sections: Vec<_> = chapter.sections.iter().map(|entry| entry.name.to_owned()).collect();
        sections.sort_unstable();
        assert!(!sections.is_empty(), "{name}");
        assert_eq!(names(&place.path().join("run")), sections, "{name}");
        let rows: Vec<_> = run.stdout.lines().collect();
        let columns: Vec<_> = rows[0].split("  ").filter(|cell| !cell.is_empty()).map(str::trim).collect();
        assert_eq!(columns, ["section", "what it shows", "result", "seconds", "figures"]);
        let mut first_cells: Vec<_> = rows[1..rows.len() - 1].iter().filter_map(|row| row.split(' ').next()).collect();
        first_cells.sort_unstable();
        assert_eq!(first_cells, sections, "{name}: a row for each section");
        for section in &sections {
            let out = place.path().join("run").join(section);
            let figure = names(&out).into_iter().find(|file| file.ends_with(".png")).expect("a figure");
            assert!(run.stdout.contains(&figure), "{name}: {figure}");
            if tiny(&options(section)).is_empty() {
                // The same files as the section's own program writes.
                tiny_run(place.path(), section, "alone", &[]);
                let alone = place.path().join("alone");
                assert_eq!(comparable(&out), comparable(&alone), "{section}");
                fs::remove_dir_all(alone).expect("removed");
            }
        }
    }
}

/// The network diverges at its published step from this seed.
#[test]
fn a_chapter_shows_what_failed_and_goes_on() {
    let place = scratch();
    let run = run(place.path(), "chapter2", &["--seed", "5", "--out", "run"]);
    assert_eq!(run.status, 1, "{}", run.stderr);
    assert!(run.stderr.starts_with("error: sec2_5_2_three_layer_nn: the run diverged"), "{}", run.stderr);
    for entry in chapter2::CHAPTER.sections {
        let row = run.stdout.lines().find(|line| line.starts_with(entry.name)).expect("a row");
        assert_eq!(row.contains("failed: the run diverged"), entry.name == "sec2_5_2_three_layer_nn", "{row}");
        assert!(place.path().join("run").join(entry.name).exists());
    }
}
