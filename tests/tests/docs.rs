//! The pages under `docs` against the sources and the programs: whatever a page quotes, prints, draws or says in numbers
//! must be so, in both languages.
//!
//! `UPDATE_DOCS=1 cargo test --release -p tests --test docs` rewrites what follows the markers:
//!
//! | marker, alone on its line | what follows it |
//! |---|---|
//! | `<!-- snippet: path#anchor -->` | the lines of `path` between `// ANCHOR: anchor` and `// ANCHOR_END: anchor` |
//! | `<!-- output: command -->` | the command and what it prints |
//! | `<!-- failure: command -->` | the command and the line with which it fails |
//! | `<!-- figure: command -->` | the command and a link to the SVG that it draws, kept in `docs/figures` |
//! | `<!-- measured: path -->` | the file `path`, with what a command measured on one machine, up to `<!-- end: measured -->` |
//! | `<!-- stated: numbers -->` | nothing; numbers of the running text that come from elsewhere |

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, ensure};
use quick_xml::{Reader, events::Event};
use rayon::prelude::*;
use tests::{program, section_programs, workspace};

const README: [&str; 2] = ["README.md", "README.ja.md"];

// ---------------------------------------------------------------------------------------------------------------------
// Pages

/// A line of a page that asks for something: `<!-- kind: argument -->`.
fn marker(line: &str) -> Option<(&str, &str)> {
    let (kind, argument) = line.strip_prefix("<!-- ")?.strip_suffix(" -->")?.split_once(": ")?;
    ["snippet", "output", "failure", "figure", "measured", "stated"].contains(&kind).then_some((kind, argument))
}

fn markers<'a>(page: &'a str, kind: &'a str) -> impl Iterator<Item = &'a str> {
    let found = page.lines().filter_map(marker);
    found.filter(move |(k, _)| *k == kind).map(|(_, argument)| argument)
}

/// What a command printed, or the error that it ended with, and the figures that it drew by file stem.
struct Run {
    failed: bool,
    printed: String,
    figures: BTreeMap<String, String>,
}

/// Program and arguments of `cargo run --release [--features …] --bin NAME -- ARGUMENTS`.
fn parse_command(command: &str) -> Result<(&str, Vec<&str>)> {
    let mut words = command.split_whitespace().peekable();
    ensure!(
        ["cargo", "run", "--release"].iter().all(|word| words.next() == Some(word)),
        "`{command}`: not `cargo run --release …`"
    );
    if words.next_if_eq(&"--features").is_some() {
        words.next();
    }
    ensure!(words.next() == Some("--bin"), "`{command}`: no --bin");
    let name = words.next().context("no program after --bin")?;
    ensure!(matches!(words.next(), None | Some("--")), "`{command}`: no `--` before the arguments");
    Ok((name, words.collect()))
}

fn run(command: &str) -> Result<Run> {
    let (name, arguments) = parse_command(command)?;
    let directory = tempfile::tempdir()?;
    let output = Command::new(program(name))
        .args(arguments)
        .current_dir(directory.path())
        .output()
        .with_context(|| format!("`{command}`: no such program"))?;
    let failed = !output.status.success();
    let printed = if failed {
        let printed = String::from_utf8(output.stderr)?;
        let errors = printed.split_inclusive('\n').filter(|line| line.starts_with("error: "));
        errors.collect()
    } else {
        String::from_utf8(output.stdout)?
    };
    let mut figures = BTreeMap::new();
    let drawn = directory.path().join("output");
    if drawn.exists() {
        for file in files(&drawn, "svg")? {
            figures.insert(stem(&file), fs::read_to_string(&file)?);
        }
    }
    Ok(Run { failed, printed, figures })
}

/// The lines between `// ANCHOR: anchor` and `// ANCHOR_END: anchor`, without their common indentation.
fn snippet(source: &str, anchor: &str) -> Result<String> {
    let is = |line: &str, mark: &str| line.trim() == format!("// {mark}: {anchor}");
    let mut lines = source.lines().skip_while(|line| !is(line, "ANCHOR"));
    lines.next().with_context(|| format!("no ANCHOR: {anchor}"))?;
    let mut quoted = vec![];
    loop {
        let line = lines.next().with_context(|| format!("no ANCHOR_END: {anchor}"))?;
        if is(line, "ANCHOR_END") {
            break;
        }
        if !line.trim().starts_with("// ANCHOR") {
            quoted.push(line);
        }
    }
    let indented = |line: &&str| line.len() - line.trim_start().len();
    let common = quoted.iter().filter(|line| !line.trim().is_empty()).map(indented).min().unwrap_or(0);
    Ok(quoted.iter().map(|line| line.get(common..).unwrap_or("").to_owned() + "\n").collect())
}

/// The page as it should be: what follows each marker comes from `sources` and `runs`, unless it is there already
/// up to what may differ between machines.
fn renewed(
    page: &str,
    sources: &dyn Fn(&str) -> Result<String>,
    runs: &dyn Fn(&str) -> Result<String>,
) -> Result<String> {
    let mut renewed = String::new();
    let mut rest = page;
    while let Some((line, after)) = rest.split_once('\n') {
        rest = after;
        renewed += line;
        renewed += "\n";
        match marker(line) {
            Some(("snippet", place)) => {
                let (path, anchor) = place.split_once('#').with_context(|| format!("{place}: no #anchor"))?;
                let language = if path.ends_with(".rs") { "rust" } else { "text" };
                let quoted = snippet(&sources(path)?, anchor).context(path.to_owned())?;
                take_fence(&mut rest);
                renewed += &fence(language, &quoted);
            }
            Some(("output" | "failure", command)) => {
                let printed = runs(command)?;
                take_fence(&mut rest);
                let old = take_fence(&mut rest).filter(|old| same_text(old, &printed));
                renewed += &(fence("sh", command) + "\n" + &fence("text", &old.unwrap_or(printed)));
            }
            Some(("measured", path)) => {
                let end = "<!-- end: measured -->\n";
                let (_, after) = rest.split_once(end).with_context(|| format!("{path}: no `{end}`"))?;
                rest = after;
                renewed += &format!("\n{}\n\n{end}", sources(path)?.trim_end());
            }
            Some(("figure", command)) => {
                take_fence(&mut rest);
                renewed += &(fence("sh", command) + "\n");
                rest = rest.trim_start_matches('\n');
                if figure_link(rest).is_none() {
                    let name = parse_command(command)?.0;
                    renewed += &format!("![{name}](../figures/{name}.svg)\n\n");
                }
            }
            _ => {}
        }
    }
    Ok(renewed + rest)
}

fn fence(language: &str, content: &str) -> String {
    format!("```{language}\n{}\n```\n", content.trim_end())
}

/// Takes a fenced block from the front of `rest`, if there is one, and returns its content.
fn take_fence(rest: &mut &str) -> Option<String> {
    let body = rest.trim_start_matches('\n').strip_prefix("```")?.split_once('\n')?.1;
    let (content, after) = body.split_once("\n```\n").or_else(|| Some(("", body.strip_prefix("```\n")?)))?;
    *rest = after;
    Some(content.to_owned() + "\n")
}

/// The file name of the figure whose link `text` begins with.
fn figure_link(text: &str) -> Option<&str> {
    let link = text.lines().next()?.strip_prefix("![")?;
    link.split_once("](../figures/")?.1.strip_suffix(".svg)")
}

/// The figures that a page shows: file name and command.
fn figures(page: &str) -> Result<Vec<(String, String)>> {
    let mut found = vec![];
    let mut rest = page;
    while let Some((line, after)) = rest.split_once('\n') {
        rest = after;
        if let Some(("figure", command)) = marker(line) {
            take_fence(&mut rest);
            let name =
                figure_link(rest.trim_start_matches('\n')).context(format!("`{command}`: no figure after it"))?;
            found.push((name.to_owned(), command.to_owned()));
        }
    }
    Ok(found)
}

/// The figure called `name` among those drawn by `command`. A figure is called `PROGRAM`, `PROGRAM-variant` or, of a
/// program that draws several, `PROGRAM-stem` or `PROGRAM-stem-variant`.
fn drawn<'a>(name: &str, command: &str, figures: &'a BTreeMap<String, String>) -> Result<&'a String> {
    let mut parts = name.split('-');
    let program = parse_command(command)?.0;
    ensure!(parts.next() == Some(program), "{name}.svg: its name does not begin with {program}");
    let wanted =
        if figures.len() == 1 { figures.values().next() } else { parts.next().and_then(|stem| figures.get(stem)) };
    wanted.with_context(|| format!("{name}.svg: `{command}` draws {:?}", figures.keys()))
}

// ---------------------------------------------------------------------------------------------------------------------
// What may differ between machines

/// Text cut at its numbers.
#[derive(Debug, PartialEq)]
enum Token<'a> {
    Text(&'a str),
    Number(&'a str),
}

/// Cuts at numbers such as `-1`, `0.25` and `3e-4`; digits inside a word (`x1`) or a section's number (`2.4.4`) are text.
fn tokens(text: &str) -> Vec<Token<'_>> {
    let digits = |at: usize| text[at..].bytes().take_while(u8::is_ascii_digit).count();
    let (mut tokens, mut done, mut at) = (vec![], 0, 0);
    while let Some(offset) = text[at..].find(|c: char| c.is_ascii_digit()) {
        let start = at + offset;
        let mut end = start + digits(start);
        let mut points = 0;
        while text[end..].starts_with('.') && digits(end + 1) > 0 {
            end += 1 + digits(end + 1);
            points += 1;
        }
        for exponent in ["e", "e-", "e+"] {
            if text[end..].starts_with(exponent) && digits(end + exponent.len()) > 0 {
                end += exponent.len() + digits(end + exponent.len());
                break;
            }
        }
        let in_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if points < 2 && !text[..start].ends_with(in_word) {
            if done < start {
                tokens.push(Token::Text(&text[done..start]));
            }
            tokens.push(Token::Number(&text[start..end]));
            done = end;
        }
        at = end;
    }
    if done < text.len() {
        tokens.push(Token::Text(&text[done..]));
    }
    tokens
}

/// Whether what follows a number makes it a time.
fn is_time(after: &str) -> bool {
    let unit = after.trim_start_matches(' ');
    let word = unit.find(|c: char| !c.is_alphabetic()).map_or(unit, |end| &unit[..end]);
    ["s", "ms", "µs", "ns", "seconds", "minutes"].contains(&word)
}

/// Sums may differ in their last bits between processors, and long trainings make that visible: a number with a fraction
/// and several digits may differ by one in the last of them, and below 1e-15 all are noise. Times are not compared.
fn same_text(a: &str, b: &str) -> bool {
    let (a, b) = (tokens(a), tokens(b));
    let same = |i: usize| match (&a[i], &b[i]) {
        (Token::Text(a), Token::Text(b)) => a == b,
        (Token::Number(x), Token::Number(y)) => {
            let timed = matches!(a.get(i + 1), Some(Token::Text(after)) if is_time(after));
            let unit = last_digit(x).zip(last_digit(y)).map_or(0.0, |(x, y)| 1.001 * x.max(y));
            let (x, y) = (value(x), value(y));
            timed || (x - y).abs() <= unit || x.abs().max(y.abs()) < 1e-15
        }
        _ => false,
    };
    a.len() == b.len() && (0..a.len()).all(same)
}

/// What one is worth in the last digit of a number with a fraction and at least two digits after leading zeros.
fn last_digit(number: &str) -> Option<f64> {
    let (mantissa, exponent) = number.split_once('e').unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.')?;
    let digits = format!("{whole}{fraction}").trim_start_matches('0').len();
    (digits > 1).then(|| 10f64.powi(exponent.parse::<i32>().unwrap_or(0) - fraction.len() as i32))
}

fn value(number: &str) -> f64 {
    number.parse().expect("a token that is a number")
}

/// Texts agree as above; of the cells that one figure's lines and markers pass through, colour by colour, all but one in
/// a hundred are cells of the other figure or next to them. (A dashed line is many short ones, so the last bits of its
/// data change where they begin, and how many there are.)
fn same_figure(a: &str, b: &str) -> bool {
    let (Ok(a), Ok(b)) = (Drawing::read(a), Drawing::read(b)) else {
        return false;
    };
    let texts = a.texts.len() == b.texts.len() && a.texts.iter().zip(&b.texts).all(|(a, b)| same_text(a, b));
    texts && a.covers(&b) && b.covers(&a)
}

/// An SVG without what may differ between machines.
#[derive(Default)]
struct Drawing {
    texts: Vec<String>,
    cells: BTreeMap<String, BTreeSet<(i32, i32)>>,
}

impl Drawing {
    /// Width of a cell: 8 pixels, in the tenths of a pixel of our SVGs.
    const CELL: f64 = 80.0;

    fn read(svg: &str) -> Result<Self> {
        let mut drawing = Self::default();
        let mut reader = Reader::from_str(svg);
        loop {
            match reader.read_event()? {
                Event::Start(element) | Event::Empty(element) => {
                    let mut attributes = BTreeMap::new();
                    for attribute in element.attributes() {
                        let attribute = attribute?;
                        let name = attribute.key.as_ref().to_owned();
                        attributes.insert(name, attribute.value.into_owned());
                    }
                    drawing.add(element.name().as_ref(), &attributes)?;
                }
                Event::Text(text) if !text.trim().is_empty() => {
                    drawing.texts.push(text.trim().to_owned());
                }
                Event::GeneralRef(entity) => drawing.texts.push(entity.to_string()),
                Event::Eof => return Ok(drawing),
                _ => {}
            }
        }
    }

    fn add(&mut self, element: &str, attributes: &BTreeMap<String, String>) -> Result<()> {
        let text = |name: &str| attributes.get(name).map_or("", String::as_str);
        let numbers = |list: &str| {
            let numbers = list.split([',', ' ']).filter(|number| !number.is_empty());
            numbers.map(|number| Ok(number.parse()?)).collect::<Result<Vec<f64>>>()
        };
        if element == "svg" {
            self.texts.push(text("viewBox").to_owned());
        }
        let points = match element {
            "circle" => format!("{},{}", text("cx"), text("cy")),
            "rect" => format!("{},{}", text("x"), text("y")),
            _ => text("points").to_owned(),
        };
        let points = numbers(&points)?;
        let colour = format!("{element} {} {}", text("stroke"), text("fill"));
        let cells = self.cells.entry(colour).or_default();
        let points: Vec<(f64, f64)> = points.chunks_exact(2).map(|p| (p[0], p[1])).collect();
        let ends = points.iter().skip(1).chain(points.last());
        for (&(x, y), &(to_x, to_y)) in points.iter().zip(ends) {
            let steps = (2.0 * (to_x - x).abs().max((to_y - y).abs()) / Self::CELL).ceil();
            for step in 0..=steps as usize {
                let part = if steps > 0.0 { step as f64 / steps } else { 0.0 };
                let cell = |from: f64, to: f64| ((from + part * (to - from)) / Self::CELL).floor() as i32;
                cells.insert((cell(x, to_x), cell(y, to_y)));
            }
        }
        Ok(())
    }

    fn covers(&self, other: &Self) -> bool {
        other.cells.iter().all(|(colour, cells)| {
            let near = |&&(x, y): &&(i32, i32)| {
                let own = self.cells.get(colour);
                (-1..=1).any(|i| (-1..=1).any(|j| own.is_some_and(|own| own.contains(&(x + i, y + j)))))
            };
            100 * cells.iter().filter(near).count() >= 99 * cells.len()
        })
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// What a page says

/// What must be the same in the other language: levels of headings, markers, code.
fn structure(page: &str) -> Vec<String> {
    let mut structure = vec![];
    let mut code = false;
    for line in page.lines() {
        let fence = line.starts_with("```");
        let heading = line.find(' ').filter(|&level| line.starts_with('#') && line[..level].bytes().all(|b| b == b'#'));
        if code || fence || marker(line).is_some() || line.contains("](../figures/") {
            structure.push(line.rsplit_once("](").map_or(line, |(_, target)| target).to_owned());
        } else if let Some(level) = heading {
            structure.push(line[..level].to_owned());
        } else if line == "<details>" {
            structure.push(line.to_owned());
        }
        code ^= fence;
    }
    structure
}

/// The page without code, comments and the targets of links.
fn prose(page: &str) -> String {
    let mut fence: Option<&str> = None;
    let mut prose = String::new();
    for line in page.lines() {
        if let Some(language) = line.strip_prefix("```") {
            fence = fence.xor(Some(language));
        } else if fence.is_none_or(|language| language == "math") && !line.starts_with("<!--") {
            let mut parts = line.split("](");
            prose += parts.next().unwrap_or_default();
            prose.extend(parts.map(|part| part.split_once(')').map_or("", |(_, after)| after)));
        }
        prose += "\n";
    }
    prose
}

/// Inline formulas that GitHub may take for something else: `$` must have a space or ASCII punctuation outside, and `_`
/// a letter or digit before it, or it can begin an emphasis.
fn doubtful_math(page: &str) -> Vec<String> {
    let mut doubtful = vec![];
    for line in prose(page).lines() {
        let code_free: String = line.split('`').step_by(2).collect::<Vec<_>>().join(" ");
        let parts: Vec<&str> = code_free.split('$').collect();
        for (i, formula) in parts.iter().enumerate().skip(1).step_by(2) {
            let fits = |c: Option<char>| c.is_none_or(|c| c == ' ' || c.is_ascii_punctuation());
            let apart = fits(parts[i - 1].chars().next_back()) && fits(parts.get(i + 1).and_then(|p| p.chars().next()));
            let mut underscores = formula.match_indices('_');
            let emphasis = underscores.any(|(at, _)| !formula[..at].ends_with(|c: char| c.is_ascii_alphanumeric()));
            let tight = !formula.starts_with(' ') && !formula.ends_with(' ');
            if !apart || emphasis || !tight || parts.len().is_multiple_of(2) {
                doubtful.push(format!("${formula}$"));
            }
        }
    }
    doubtful
}

/// The decimal numbers of the running text that neither `known` (numbers of outputs and commands, rounded as the text
/// does), nor `sources` (as they stand), nor a `stated` marker holds.
fn unfounded(page: &str, known: &str, sources: &str) -> Vec<String> {
    let numbers = |text: &str| {
        let numbers = tokens(text).into_iter().filter_map(|token| match token {
            Token::Number(number) => Some(number.to_owned()),
            Token::Text(_) => None,
        });
        numbers.collect::<Vec<_>>()
    };
    let mut exact: BTreeSet<String> = numbers(sources).into_iter().collect();
    exact.extend(markers(page, "stated").flat_map(|list| list.split_whitespace().map(str::to_owned)));
    let known: Vec<f64> = numbers(known).iter().map(|number| value(number).abs()).collect();

    let text = prose(page).replace(r" \times 10^{", "e").replace(r"\times 10^{", "e");
    let tokens = tokens(&text);
    let section = |i: usize| {
        let before = matches!(i.checked_sub(1).map(|i| &tokens[i]), Some(Token::Text(text))
            if ["ection ", "ections ", "§", "v"].iter().any(|word| text.ends_with(word)));
        before || matches!(tokens.get(i + 1), Some(Token::Text(text)) if text.trim_start().starts_with('節'))
    };
    let said = tokens.iter().enumerate().filter_map(|(i, token)| match token {
        Token::Number(number) if number.contains(['.', 'e']) && !section(i) => Some(*number),
        _ => None,
    });
    let found = |number: &str| {
        let (mantissa, exponent) = number.split_once('e').unwrap_or((number, "0"));
        let decimals = mantissa.split_once('.').map_or(0, |(_, decimals)| decimals.len());
        let half = 0.5 * 10f64.powi(exponent.parse::<i32>().unwrap_or(0) - decimals as i32);
        exact.contains(number) || known.iter().any(|known| (known - value(number)).abs() <= half * (1.0 + 1e-9))
    };
    said.filter(|number| !found(number)).map(str::to_owned).collect()
}

/// Commands in the text that no marker runs: `cargo run …` in code.
fn commands(page: &str) -> Vec<&str> {
    let pieces = page.lines().flat_map(|line| line.split('`'));
    let commands = pieces.filter(|piece| piece.starts_with("cargo run ") && !piece.contains("--bin N"));
    commands.map(|command| command.split(" # ").next().unwrap_or(command).trim_end()).collect()
}

/// The anchors that GitHub gives to a page's headings.
fn anchors(page: &str) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    let mut code = false;
    for line in page.lines() {
        code ^= line.starts_with("```");
        if let (false, Some((_, title))) = (code || !line.starts_with('#'), line.split_once(' ')) {
            let kept = title.chars().filter(|c| c.is_alphanumeric() || ['-', '_', ' '].contains(c));
            let anchor: String = kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect();
            let mut unique = anchor.clone();
            for n in 1.. {
                if anchors.insert(unique) {
                    break;
                }
                unique = format!("{anchor}-{n}");
            }
        }
    }
    anchors
}

/// The relative links of a page at `path` that lead nowhere.
fn dead_links(path: &Path, page: &str) -> Vec<String> {
    let targets = page.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0));
    let dead = |target: &&str| {
        let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
        let file = if file.is_empty() { path.to_owned() } else { path.parent().unwrap_or(path).join(file) };
        let known = |anchor: &str| fs::read_to_string(&file).is_ok_and(|page| anchors(&page).contains(anchor));
        !file.exists() || !anchor.is_empty() && !known(anchor)
    };
    targets.filter(|target| !target.contains("://")).filter(dead).map(str::to_owned).collect()
}

// ---------------------------------------------------------------------------------------------------------------------
// The pages on disk

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// The files with `extension` in `directory` and below it, sorted.
fn files(directory: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut found = vec![];
    for entry in fs::read_dir(directory).with_context(|| directory.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path, extension)?);
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn docs() -> PathBuf {
    workspace().join("docs")
}

/// The pages of a language by file name.
fn pages(language: &str) -> Result<BTreeMap<String, String>> {
    let paths = files(&docs().join(language), "md")?;
    paths.iter().map(|path| Ok((stem(path), fs::read_to_string(path)?))).collect()
}

fn source(path: &str) -> Result<String> {
    fs::read_to_string(workspace().join(path)).context(path.to_owned())
}

fn none(problems: Vec<String>) -> Result<()> {
    ensure!(problems.is_empty(), "{}", problems.join("\n"));
    Ok(())
}

#[test]
fn quotes_outputs_figures_and_numbers_are_those_of_the_code() -> Result<()> {
    let update = std::env::var_os("UPDATE_DOCS").is_some();
    let pages = files(&docs(), "md")?.into_iter().map(|path| Ok((fs::read_to_string(&path)?, path)));
    let pages = pages.collect::<Result<Vec<_>>>()?;
    let commands = |kind| pages.iter().flat_map(move |(page, _)| markers(page, kind).map(str::to_owned));
    let failing: BTreeSet<String> = commands("failure").collect();
    let commands: BTreeSet<String> =
        commands("output").chain(commands("figure")).chain(failing.iter().cloned()).collect();
    let runs = commands.into_par_iter().map(|command| Ok((command.clone(), run(&command)?)));
    let runs = runs.collect::<Result<BTreeMap<_, _>>>()?;

    let wrong = runs.iter().filter(|(command, run)| run.failed != failing.contains(*command));
    none(wrong.map(|(command, run)| format!("`{command}` should not end so: {}", run.printed)).collect())?;

    let mut problems = vec![];
    let mut shown = BTreeMap::new();
    for (page, path) in &pages {
        let name = path.strip_prefix(docs())?.display();
        let renewed = renewed(page, &source, &|command| Ok(runs[command].printed.clone())).context(name.to_string())?;
        if update {
            fs::write(path, &renewed)?;
        } else if renewed != *page {
            problems.push(format!("{name}: {}", first_difference(page, &renewed)));
        }
        for (figure, command) in figures(&renewed).context(name.to_string())? {
            let other = shown.insert(figure.clone(), command.clone()).is_some_and(|other| other != command);
            if other {
                problems.push(format!("{name}: another command draws {figure}.svg"));
            }
        }
        let printed = ["output", "failure", "figure"].iter().flat_map(|kind| markers(page, kind));
        let mut known: String = printed.flat_map(|command| [command, "\n", &runs[command].printed]).collect();
        for path in markers(page, "measured") {
            known += &source(path)?;
        }
        let quoted = markers(page, "snippet").filter_map(|place| source(place.split_once('#')?.0).ok());
        for number in unfounded(&renewed, &known, &quoted.collect::<String>()) {
            problems.push(format!("{name}: nothing on the page prints or states {number}"));
        }
        let doubtful = doubtful_math(page).into_iter();
        problems.extend(doubtful.map(|formula| format!("{name}: GitHub may not show {formula}")));
    }

    let directory = docs().join("figures");
    for (figure, command) in &shown {
        let new = drawn(figure, command, &runs[command].figures)?;
        let path = directory.join(figure).with_extension("svg");
        let same = fs::read_to_string(&path).is_ok_and(|old| same_figure(&old, new));
        if update && !same {
            fs::create_dir_all(&directory)?;
            fs::write(&path, new)?;
        } else if !same {
            problems.push(format!("docs/figures/{figure}.svg is not what `{command}` draws"));
        }
    }
    let unused = files(&directory, "svg")?.into_iter().filter(|path| !shown.contains_key(&stem(path)));
    problems.extend(unused.map(|path| format!("no page shows {}", path.display())));
    none(problems)
        .context("`UPDATE_DOCS=1 cargo test --release -p tests --test docs` rewrites quotes, outputs and figures")
}

fn first_difference(page: &str, renewed: &str) -> String {
    let line = page.lines().zip(renewed.lines()).position(|(a, b)| a != b);
    let line = line.unwrap_or(page.lines().count().min(renewed.lines().count()));
    let at = |text: &str| text.lines().nth(line).unwrap_or("nothing").to_owned();
    format!("line {}: `{}` should be `{}`", line + 1, at(page), at(renewed))
}

#[test]
fn both_languages_have_the_same_pages_and_structure() -> Result<()> {
    let [english, japanese] = [pages("en")?, pages("ja")?];
    let mut problems = vec![];
    for name in english.keys().chain(japanese.keys()) {
        match (english.get(name), japanese.get(name)) {
            (Some(en), Some(ja)) if structure(en) != structure(ja) => {
                let difference = first_difference(&structure(en).join("\n"), &structure(ja).join("\n"));
                problems.push(format!("{name}.md differs in structure, {difference}"));
            }
            (Some(_), Some(_)) => {}
            _ => problems.push(format!("{name}.md is there in one language only")),
        }
    }
    none(problems)
}

#[test]
fn links_and_commands_in_the_text_work() -> Result<()> {
    let mut paths = files(&docs(), "md")?;
    paths.extend(README.map(|name| workspace().join(name)));
    let mut problems = vec![];
    for path in paths {
        let page = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let dead = dead_links(&path, &page).into_iter();
        problems.extend(dead.map(|target| format!("{}: dead link {target}", path.display())));
        for command in commands(&page) {
            // `--version` comes after all other arguments, which are looked at first.
            let (name, arguments) = parse_command(command)?;
            let output = Command::new(program(name)).args(arguments).arg("--version").output();
            if !output.is_ok_and(|output| output.status.success()) {
                problems.push(format!("{}: `{command}` is not accepted", path.display()));
            }
        }
    }
    none(problems)
}

/// A page runs its program, so a program with a page has its smoke test in this file.
#[test]
fn every_program_has_its_pages_and_its_row() -> Result<()> {
    let [english, japanese] = [pages("en")?, pages("ja")?];
    let [readme, readme_ja] = [source(README[0])?, source(README[1])?];
    none(missing(&section_programs(), &[("en", english), ("ja", japanese)], &[readme, readme_ja]))
}

fn missing(programs: &[String], pages: &[(&str, BTreeMap<String, String>)], readmes: &[String]) -> Vec<String> {
    let mut problems = vec![];
    for name in programs {
        for (language, pages) in pages {
            let page = pages.get(name).map_or("", String::as_str);
            let runs = |kind| markers(page, kind).any(|c| parse_command(c).is_ok_and(|(program, _)| program == name));
            if page.is_empty() || !pages.get("index").is_some_and(|index| index.contains(&format!("({name}.md)"))) {
                problems.push(format!("{name} has no page in docs/{language}, or the index does not lead there"));
            } else if !runs("output") || !runs("figure") {
                problems.push(format!("docs/{language}/{name}.md shows no output or no figure of its program"));
            }
        }
        let row = |readme: &String| readme.lines().any(|l| l.starts_with('|') && l.contains(&format!("`{name}`")));
        if !readmes.iter().all(row) {
            problems.push(format!("{name} has no row in the tables of {README:?}"));
        }
    }
    problems
}

// ---------------------------------------------------------------------------------------------------------------------
// Each check sees what it is for

const PAGE: &str = "\
# Title

The step is 0.1 and the loss 0.29, or $2.9 \\times 10^{-1}$.

<!-- snippet: a.rs#model -->
```rust
fn f() {
    one();
}
```

<!-- output: cargo run --release --bin sec0_a -- --step 0.1 -->
```sh
cargo run --release --bin sec0_a -- --step 0.1
```

```text
loss 0.287574 after 3.1 ms
```

<!-- figure: cargo run --release --bin sec0_a -->
```sh
cargo run --release --bin sec0_a
```

![a curve](../figures/sec0_a.svg)

## Next
";
const SOURCE: &str = "
    // ANCHOR: model
    fn f() {
        // ANCHOR: inner
        one();
        // ANCHOR_END: inner
    }
    // ANCHOR_END: model
";
const PRINTED: &str = "loss 0.287574 after 3.1 ms\n";

fn renewed_with(page: &str, source: &str, printed: &str) -> Result<String> {
    renewed(page, &|_| Ok(source.to_owned()), &|_| Ok(printed.to_owned()))
}

#[test]
fn a_true_page_stays_and_a_bare_one_is_filled_in() -> Result<()> {
    assert_eq!(renewed_with(PAGE, SOURCE, PRINTED)?, PAGE);
    let bare = PAGE
        .split_inclusive('\n')
        .filter(|line| line.starts_with('#') || marker(line.trim()).is_some() || line.len() == 1);
    let filled = renewed_with(&bare.collect::<String>(), SOURCE, PRINTED)?;
    assert_eq!(structure(&filled), structure(PAGE));
    Ok(())
}

#[test]
fn a_changed_source_output_or_command_is_seen() -> Result<()> {
    for (old, new) in [("one();", "two();"), ("0.287574", "0.287580"), ("loss", "gain")] {
        let (source, printed) = (SOURCE.replace(old, new), PRINTED.replace(old, new));
        assert_eq!(
            renewed_with(PAGE, &source, &printed)?,
            PAGE.replace(old, new).replace("the gain 0.29", "the loss 0.29")
        );
    }
    let page = PAGE.replacen("--step 0.1\n", "--step 0.2\n", 1);
    assert_eq!(renewed_with(&page, SOURCE, PRINTED)?, PAGE);
    assert!(renewed_with(PAGE, &SOURCE.replace("_END: model", ""), PRINTED).is_err());
    assert!(renewed_with(PAGE, &SOURCE.replace("ANCHOR: model", ""), PRINTED).is_err());
    Ok(())
}

#[test]
fn measurements_stand_between_their_markers() -> Result<()> {
    let page = |table: &str| format!("# T\n\n<!-- measured: a.txt -->\n{table}<!-- end: measured -->\n\nEnd.\n");
    let true_page = page("\n| 0.29 ms |\n\n");
    for table in ["", "\n| 0.31 ms |\n\n", "\n| 0.29 ms |\n\n"] {
        assert_eq!(renewed_with(&page(table), "| 0.29 ms |\n", "")?, true_page);
    }
    assert!(renewed_with(&true_page.replace("<!-- end", "<!-- and"), "", "").is_err());
    Ok(())
}

#[test]
fn last_bits_and_times_may_differ() -> Result<()> {
    assert_eq!(renewed_with(PAGE, SOURCE, "loss 0.2875741 after 99.25 ms\n")?, PAGE);
    assert!(same_text("5.8e-24, −0.5 at x1, 9.9e-4", "0e0, −0.5 at x1, 1.0e-3") && same_text("in 12s.", "in 9s."));
    for (a, b) in [
        ("1.1e-10", "1.3e-10"),
        ("0.1", "0.2"),
        ("1e-10", "2e-10"),
        ("220", "221"),
        ("−0.5", "0.5"),
        ("x1", "x2"),
        ("3 samples", "4 samples"),
        ("1", "1 2"),
    ] {
        assert!(!same_text(a, b), "{a} {b}");
    }
    Ok(())
}

#[test]
fn a_changed_figure_is_seen() {
    let line = |colour: &str, points: &str| format!(r##"<polyline stroke="{colour}" points="{points}"/>"##);
    let svg = |body: &str, label: &str| format!(r#"<svg viewBox="0 0 9 9">{body}<text x="5">{label}</text></svg>"#);
    let solid = svg(&line("#0072B2", "0,0 5000,5000"), "0.1");
    let same = [
        svg(&line("#0072B2", "0,0 2500,2510 5000,5000"), "0.1"),
        svg(&(line("#0072B2", "0,0 2400,2400") + &line("#0072B2", "2460,2460 5000,5000")), "0.1"),
    ];
    assert!(same.iter().all(|other| same_figure(&solid, other) && same_figure(other, &solid)));
    let other = [
        svg(&line("#0072B2", "0,0 5000,5000"), "0.2"),
        svg(&line("#0072B3", "0,0 5000,5000"), "0.1"),
        svg(&line("#0072B2", "0,0 5000,5400"), "0.1"),
        svg(&line("#0072B2", "0,0 2400,2400"), "0.1"),
        svg(&(line("#0072B2", "0,0 5000,5000") + &line("#0072B2", "0,5000 5000,0")), "0.1"),
        svg("", "0.1"),
        String::new(),
    ];
    for other in other {
        assert!(!same_figure(&solid, &other), "{other}");
    }
}

#[test]
fn figures_are_called_after_their_program() -> Result<()> {
    let one = BTreeMap::from([("curve".to_owned(), "1".to_owned())]);
    let two = BTreeMap::from([("curve".to_owned(), "1".to_owned()), ("loss".to_owned(), "2".to_owned())]);
    let command = "cargo run --release --bin sec0_a";
    for (name, figures) in
        [("sec0_a", &one), ("sec0_a-fast", &one), ("sec0_a-curve", &two), ("sec0_a-curve-fast", &two)]
    {
        assert_eq!(drawn(name, command, figures)?, "1");
    }
    for (name, figures) in [("sec0_b", &one), ("sec0_a", &two), ("sec0_a-fast", &two), ("sec0_a", &BTreeMap::new())] {
        assert!(drawn(name, command, figures).is_err(), "{name}");
    }
    assert_eq!(figures(PAGE)?, [("sec0_a".to_owned(), command.to_owned())]);
    assert!(figures(&PAGE.replace("![a curve]", "[a curve]")).is_err());
    Ok(())
}

#[test]
fn what_one_language_lacks_is_seen() {
    let japanese =
        PAGE.replace("Title", "表題").replace("Next", "次").replace("a curve", "曲線").replace("The step is", "刻みは");
    assert_eq!(structure(PAGE), structure(&japanese));
    for (old, new) in [
        ("## ", "### "),
        ("## 次\n", ""),
        ("snippet: a.rs", "snippet: b.rs"),
        ("<!-- output", "<!-- outputs"),
        ("one();", "two();"),
        ("sec0_a.svg", "sec0_b.svg"),
        ("--step 0.1 -->", "--step 0.2 -->"),
    ] {
        assert_ne!(structure(PAGE), structure(&japanese.replace(old, new)), "{old}");
    }
}

#[test]
fn a_number_from_nowhere_is_seen() {
    let known = format!("--step 0.1\n{PRINTED}");
    assert!(unfounded(PAGE, &known, "").is_empty());
    assert_eq!(unfounded(PAGE, PRINTED, ""), ["0.1"]);
    assert!(unfounded(PAGE, PRINTED, "const STEP: f64 = 0.1;").is_empty());
    assert!(unfounded(&format!("<!-- stated: 0.1 -->\n{PAGE}"), PRINTED, "").is_empty());
    for (said, unfound) in [("0.29", "0.30"), ("2.9 \\times 10^{-1}", "2.9e-2")] {
        let page = PAGE.replace(said, &unfound.replace('e', " \\times 10^{"));
        assert_eq!(unfounded(&page, &known, ""), [unfound]);
    }
    assert!(unfounded("Section 2.4, 2.4節, 2.5 節, 2.4.4 and [here](https://example.org/3.14).\n", "", "").is_empty());
}

#[test]
fn a_formula_that_github_may_not_show_is_seen() {
    let good = "Here $x_1$, ($y_{ij}$) and `$a$b` of $\\theta_i$.\n```math\n\\hat{x}_t\n```\n";
    assert!(doubtful_math(good).is_empty());
    for bad in ["値$x$です", "$x$、", "$\\hat{x}_t$", "$ x$", "costs 5$"] {
        assert_eq!(doubtful_math(bad).len(), 1, "{bad}");
    }
}

#[test]
fn a_dead_link_is_seen() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("a.md");
    fs::write(directory.path().join("b.md"), "# One, two\n## 目次（続き）\n## 目次 続き\n## One two\n")?;
    let page = "# Here\n[1](b.md) [2](b.md#one-two) [3](b.md#one-two-1) [4](#here) [5](https://example.org/x) [6](b.md#目次続き)";
    fs::write(&path, page)?;
    assert!(dead_links(&path, page).is_empty());
    let dead = ["c.md", "b.md#one-two-2", "#there"];
    let page: String = dead.iter().map(|target| format!("[x]({target})")).collect();
    assert_eq!(dead_links(&path, &page), dead);
    Ok(())
}

#[test]
fn a_command_that_is_none_is_seen() {
    assert_eq!(
        commands("Try `cargo run --release --bin sec0_a -- --x 1`.\n"),
        ["cargo run --release --bin sec0_a -- --x 1"]
    );
    let page = "```sh\ncargo run --release --features cuda --bin sec0_a   # for a GPU\n```\n";
    assert_eq!(commands(page), ["cargo run --release --features cuda --bin sec0_a"]);
    for command in commands(page).into_iter().chain(["cargo run --release --bin sec0_a -- --x 1"]) {
        assert!(parse_command(command).is_ok_and(|(name, _)| name == "sec0_a"));
    }
    for command in ["cargo run --bin sec0_a", "cargo run --release --bin sec0_a --x 1", "cargo run --release --bin"] {
        assert!(parse_command(command).is_err(), "{command}");
    }
}

#[test]
fn a_program_without_page_row_or_run_is_seen() {
    let pages = |page: &str, index: &str| {
        BTreeMap::from([("sec0_a".to_owned(), page.to_owned()), ("index".to_owned(), index.to_owned())])
    };
    let (programs, row, index) = (["sec0_a".to_owned()], "| `sec0_a` | shows |".to_owned(), "[a](sec0_a.md)");
    let problems = |en: &str, ja: &str, index: &str, row: String| {
        missing(&programs, &[("en", pages(en, index)), ("ja", pages(ja, index))], &[row]).len()
    };
    assert_eq!(problems(PAGE, PAGE, index, row.clone()), 0);
    assert_eq!(problems(PAGE, "", index, row.clone()), 1);
    assert_eq!(problems(PAGE, PAGE, "", row.clone()), 2);
    assert_eq!(problems(PAGE, &PAGE.replace("output:", "of:"), index, row), 1);
    assert_eq!(problems(PAGE, PAGE, index, "`sec0_a`".to_owned()), 1);
    assert!(section_programs().contains(&"sec2_4_autodiff".to_owned()));
}
