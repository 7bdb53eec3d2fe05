//! The sections for a browser, as far as they can be tested without one: `playground/test.mjs` has the rest.

use std::{collections::BTreeMap, fs};

use common::context::Silent;
use playground::{Section, explorables, explore, run, sections};
use tests::{
    CHAPTERS,
    programs::{fail, names, options, scratch, succeed},
};

fn texts(arguments: &[&str]) -> Vec<String> {
    arguments.iter().map(|&argument| argument.into()).collect()
}

#[test]
fn every_section_and_question_is_there_in_the_books_order() {
    let listed: Vec<_> = sections().iter().map(|section| (section.chapter, section.name, section.question)).collect();
    let mut expected = vec![];
    for chapter in CHAPTERS {
        expected.extend(chapter.sections.iter().map(|entry| (chapter.name, entry.name, false)));
        expected.extend(chapter.questions.iter().map(|entry| (chapter.name, entry.name, true)));
    }
    assert_eq!(listed, expected);
}

#[test]
fn a_form_has_what_the_help_lists() {
    /// What the program itself takes care of: files, the terminal, and settings that a form has buttons for.
    const SHELL: [&str; 13] = [
        "quick",
        "preset",
        "resume",
        "load",
        "seeds",
        "join",
        "out",
        "format",
        "device",
        "allow-large",
        "quiet",
        "help",
        "version",
    ];
    for Section { name, options: fields, presets, start, .. } in sections() {
        let inputs = CHAPTERS.iter().flat_map(|chapter| chapter.entries()).find(|entry| entry.name == name);
        let inputs: Vec<_> = inputs.iter().flat_map(|entry| entry.inputs).map(|input| input.name).collect();
        let listed = options(name).into_iter().map(|option| option.name.trim_start_matches('-').to_owned());
        let mut listed: Vec<_> =
            listed.filter(|name| !SHELL.contains(&name.as_str()) && !inputs.contains(&name.as_str())).collect();
        let mut found: Vec<_> = fields.iter().map(|field| field.name.clone()).collect();
        assert_eq!(found.last().map(String::as_str), Some("seed"), "{name}");
        listed.sort();
        found.sort();
        assert_eq!(found, listed, "{name}");
        for field in &fields {
            assert!(!field.help.is_empty() && field.group.is_some(), "{name}: {field:?}");
            assert!(field.kind == "flag" || !field.default.is_empty(), "{name}: {field:?}");
            assert!((field.kind != "choice") || field.choices.len() > 1, "{name}: {field:?}");
            let in_help = |symbol: &String| field.help.contains(symbol.as_str());
            assert!(field.symbol.as_ref().is_none_or(in_help), "{name}: {field:?}");
        }
        for preset in &presets {
            assert!(!preset.about.is_empty(), "{name}: {preset:?}"); // one says that the defaults are an article's
            let given = preset.arguments.iter().filter_map(|argument| argument.strip_prefix("--"));
            given.for_each(|option| assert!(fields.iter().any(|field| field.name == option), "{name}: {option}"));
        }
        assert!(start == "default" || presets.iter().any(|preset| preset.name == start), "{name}: {start}");
    }
}

#[test]
fn a_run_is_that_of_the_program() {
    for (name, arguments) in [
        ("sec3_du_gd", &["--num-updates", "20", "--seed", "3"][..]),
        ("sec3_du_gd_quadratic", &["--quick", "--num-generations", "4", "--period", "free"]),
        ("sec2_5_1_rbf", &["--num-updates", "20"]),
    ] {
        let place = scratch();
        let outcome = run(name, &texts(arguments), Box::new(Silent)).map_err(|failure| failure.message).expect(name);
        let printed = succeed(place.path(), name, &[arguments, &["--format", "svg", "--out", "run"]].concat()).stdout;
        assert!(printed.starts_with(&format!("{}\nfiles in run", outcome.summary)), "{printed}");
        let mut expected: Vec<_> =
            outcome.tables.iter().map(|table| (format!("{}.csv", table.name), &table.csv)).collect();
        expected.extend(outcome.figures.iter().map(|figure| (format!("{}.svg", figure.name), &figure.svg)));
        let written = names(&place.path().join("run")).into_iter().filter(|name| !name.ends_with(".json"));
        assert_eq!(written.filter(|name| !name.ends_with(".safetensors")).count(), expected.len(), "{name}");
        for (file, content) in expected {
            assert_eq!(fs::read_to_string(place.path().join("run").join(&file)).expect("a file"), *content, "{file}");
        }
        assert_eq!(outcome.command, format!("cargo run --release --bin {name} -- {}", arguments.join(" ")));
    }
}

#[test]
fn what_is_wrong_is_said_in_the_programs_words() {
    for (name, arguments, option, status) in [
        ("sec3_du_gd", &["--num-updates", "0"][..], Some("num-updates"), 2),
        ("sec3_du_gd", &["--learning-rate", "-1"], Some("learning-rate"), 2),
        ("sec3_du_gd", &["--nonsense"], None, 2),
        ("sec3_du_gd", &["--seed", "x"], Some("seed"), 2),
        ("sec3_training_modes", &["--period", "8,8"], Some("period"), 2),
        ("sec2_4_4_regression", &["--preset", "none"], Some("preset"), 2),
    ] {
        let line = fail(scratch().path(), name, arguments, status);
        let failure = run(name, &texts(arguments), Box::new(Silent)).expect_err(name);
        assert_eq!(format!("error: {}", failure.message), line, "{name} {arguments:?}");
        assert_eq!((failure.option.as_deref(), failure.usage), (option, status == 2), "{name} {arguments:?}");
    }
    assert!(run("sec9", &[], Box::new(Silent)).is_err_and(|failure| failure.usage));
}

#[test]
fn every_picture_is_drawn_at_the_ends_of_its_controls() {
    for explorable in explorables() {
        let values = |of: fn(&playground::Control) -> f64| -> BTreeMap<String, f64> {
            explorable.controls.iter().map(|control| (control.name.to_owned(), of(control))).collect()
        };
        let ends = [values(|c| c.min), values(|c| c.max), values(|_| f64::NAN), values(|_| 1e300), BTreeMap::new()];
        for values in ends {
            let svg = explore(explorable.name, &values).expect(explorable.name);
            assert!(svg.starts_with("<svg") && !svg.contains("NaN"), "{} {values:?}", explorable.name);
        }
        for control in explorable.controls {
            assert!((control.min..=control.max).contains(&control.value) && control.step > 0.0, "{control:?}");
        }
    }
    assert!(explore("none", &BTreeMap::new()).is_err());
}

/// Its control goes as far as there are generations, and each is another picture.
#[test]
fn a_training_is_replayed_to_its_end() {
    let replay = explorables().iter().find(|explorable| explorable.name == "replay").expect("replay");
    let generation = &replay.controls[0];
    let pictures = (0..=generation.max as u32).map(|k| {
        let svg = explore("replay", &BTreeMap::from([("generation".to_owned(), f64::from(k))])).expect("a picture");
        assert!(svg.contains(&format!("after generation {k}\n")), "{k}");
        svg
    });
    let mut pictures: Vec<_> = pictures.collect();
    pictures.dedup();
    assert_eq!(pictures.len(), 1 + generation.max as usize);
}
