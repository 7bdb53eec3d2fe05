//! The pages under `docs` and the READMEs against the sources and the programs: whatever a page quotes, prints, draws or says
//! in numbers must be so, in both languages. `docs/README.md` says how the markers work.

mod commands;
mod comparison;
mod drawing;
mod filling;
mod formulas;
mod languages;
mod links;
mod markdown;
mod navigation;
mod numbers;
mod snippets;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use common::section::{Chapter, Entry};
use rayon::prelude::*;

use self::{
    commands::{Kept, Printed, Run},
    filling::Sources,
    markdown::{Block, arguments, blocks},
    navigation::{List, Page, Site},
};
use crate::{CHAPTERS, chapter_programs, workspace};

/// The command that makes pages true again.
pub const RENEW: &str = "cargo xtask renew";

const KINDS: [&str; 15] = [
    "snippet",
    "output",
    "output, chaotic",
    "failure",
    "figure",
    "figure, chaotic",
    "measured",
    "end",
    "printed",
    "stated",
    "navigation",
    "notebook",
    "notebooks",
    "sections",
    "questions",
];

/// The longest line that a program may print, in characters: more does not fit beside a page's margins.
const WIDTH: usize = 100;

/// The author's published notebooks; each has a page.
const NOTEBOOKS: usize = 37;

/// What to do with the pages.
#[derive(Debug, Clone, Copy, Default)]
pub struct Task {
    /// Run again also commands whose results are kept and whose sources have not changed, if they took at most so many seconds
    pub up_to: f64,
    /// Rewrite what stands below the markers
    pub renew: bool,
    /// Run nothing: outputs and figures stay as they are
    pub text: bool,
}

/// What a command gave, now or when it was last run.
enum Outcome {
    Fresh(Run),
    Kept(Kept),
}

impl Outcome {
    fn printed(&self) -> &Printed {
        match self {
            Self::Fresh(run) => &run.printed,
            Self::Kept(kept) => &kept.printed,
        }
    }
}

/// Checks all pages, or renews them first; returns what is wrong (afterwards).
pub fn work(task: Task) -> Result<Vec<String>> {
    let mut problems = vec![];
    let mut pages = read()?;
    if task.renew {
        pages.iter_mut().for_each(|page| page.text = navigation::with_markers(page));
    }
    let commands = Commands::of(&pages);
    let (outcomes, mut kept) = outcomes(&commands, task, &mut problems)?;
    let mut site = Site { pages, lists: lists(), kept: kept.clone() };

    // Lines that lead from page to page follow the index.
    let mut order: Vec<usize> = (0..site.pages.len()).collect();
    order.sort_by_key(|i| site.pages[*i].name() != Some("index"));
    let mut figures = BTreeMap::new();
    for i in order {
        let page = &site.pages[i];
        let sources = Sources {
            file: &source,
            printed: &|command, old| {
                let Some(outcome) = outcomes.get(command) else {
                    return Ok(old.unwrap_or_default().to_owned()); // nothing was to run
                };
                let new = &outcome.printed().text;
                let chaotic = commands.chaotic.contains(command) && matches!(outcome, Outcome::Fresh(_));
                let old = old.filter(|old| commands::same(old, new, chaotic && !task.renew));
                Ok(old.unwrap_or(new).to_owned())
            },
            made: &|kind, argument| site.made(page, kind, argument),
        };
        let filled = filling::filled(&page.text, &sources).context(page.path.clone())?;
        for (figure, command) in filling::figures(&filled).context(page.path.clone())? {
            if figures.insert(figure.clone(), command.clone()).is_some_and(|other| other != command) {
                problems.push(format!("{}: another command draws {figure}.svg", page.path));
            }
        }
        if task.renew {
            fs::write(workspace().join(&page.path), &filled)?;
        } else if filled != page.text {
            problems.push(format!("{}: {} (`{RENEW}`)", page.path, first_difference(&page.text, &filled)));
        }
        site.pages[i].text = filled;
    }

    if !task.text {
        let shown = shown(&site.pages);
        for page in &site.pages {
            problems.extend(said(page, &shown, &commands, &outcomes)?);
        }
        let drawn = draw(&figures, &commands, &outcomes, task, &mut problems)?;
        if task.renew {
            for (command, entry) in &mut kept {
                let mine = drawn.iter().filter(|(figure, _)| figures[*figure] == *command);
                entry.figures = mine.map(|(figure, digest)| (figure.clone(), digest.clone())).collect();
            }
            commands::keep(&kept)?;
        }
    }
    problems.extend(alike(&site));
    if !task.text {
        problems.extend(not_accepted(&site));
    }
    problems.extend(site.missing(&chapter_programs()));
    Ok(problems)
}

/// The commands that markers run, and what the markers say of them.
struct Commands {
    all: BTreeSet<String>,
    failing: BTreeSet<String>,
    chaotic: BTreeSet<String>,
}

impl Commands {
    fn of(pages: &[Page]) -> Self {
        let of = |kind: &str| pages.iter().flat_map(|page| arguments(&page.text, kind)).collect::<BTreeSet<_>>();
        let failing = of("failure");
        let chaotic = &of("output, chaotic") | &of("figure, chaotic");
        Self { all: &(&of("output") | &of("figure")) | &(&failing | &chaotic), failing, chaotic }
    }
}

/// Runs the commands whose results are not kept or no longer right, and says what is to be kept.
fn outcomes(
    commands: &Commands,
    task: Task,
    problems: &mut Vec<String>,
) -> Result<(BTreeMap<String, Outcome>, BTreeMap<String, Kept>)> {
    let old = commands::kept()?;
    if task.text {
        return Ok((BTreeMap::new(), old));
    }
    let mut stamps = BTreeMap::new();
    for command in &commands.all {
        let name = commands::parse(command)?.0;
        stamps.insert(command, commands::stamp(name)?);
    }
    let stale = |command: &str| old.get(command).is_some_and(|kept| kept.stamp != stamps[&command.to_owned()]);
    if !task.renew {
        let unused = old.keys().filter(|command| !commands.all.contains(*command));
        problems.extend(unused.map(|command| format!("docs/kept.json: no page shows `{command}` (`{RENEW}`)")));
        let stale = old.keys().filter(|command| commands.all.contains(*command) && stale(command));
        problems.extend(stale.map(|command| format!("the sources of `{command}` have changed (`{RENEW}`)")));
    }
    let rerun = |command: &&String| {
        old.get(*command).is_none_or(|kept| kept.seconds <= task.up_to) || task.renew && stale(command)
    };
    let (long, short): (Vec<&String>, Vec<&String>) =
        commands.all.iter().filter(rerun).partition(|command| task.renew && old.contains_key(*command));
    let mut outcomes: BTreeMap<String, Outcome> = old
        .iter()
        .filter(|(command, _)| commands.all.contains(*command))
        .map(|(command, kept)| (command.clone(), Outcome::Kept(kept.clone())))
        .collect();
    let short = short.into_par_iter().map(|command| Ok((command.clone(), Outcome::Fresh(commands::run(command)?))));
    outcomes.extend(short.collect::<Result<Vec<_>>>()?);
    // What has to be timed has the machine for itself.
    let slow = |(command, outcome): (&String, &Outcome)| match outcome {
        Outcome::Fresh(run) if task.renew && run.seconds >= commands::SLOW => Some(command.clone()),
        _ => None,
    };
    let again: Vec<String> = outcomes.iter().filter_map(slow).chain(long.into_iter().cloned()).collect();
    for command in again {
        eprintln!("{command}");
        outcomes.insert(command.clone(), Outcome::Fresh(commands::run(&command)?));
    }

    let mut kept = BTreeMap::new();
    for (command, outcome) in &outcomes {
        let printed = outcome.printed();
        if printed.failed != commands.failing.contains(command) {
            problems.push(format!("`{command}` should not end so: {}", printed.text));
        }
        match outcome {
            Outcome::Kept(entry) => drop(kept.insert(command.clone(), entry.clone())),
            Outcome::Fresh(run) if run.seconds >= commands::SLOW => {
                let before =
                    old.get(command).filter(|old| navigation::range(old.seconds) == navigation::range(run.seconds));
                let seconds = before.map_or((run.seconds * 10.0).round() / 10.0, |before| before.seconds);
                let printed = run.printed.clone();
                let entry = Kept { stamp: stamps[command].clone(), seconds, printed, figures: BTreeMap::new() };
                kept.insert(command.clone(), entry);
            }
            Outcome::Fresh(_) => {}
        }
    }
    Ok((outcomes, if task.renew { kept } else { old }))
}

/// The figures on the disk against those drawn now or when they were kept; returns their digests.
fn draw(
    figures: &BTreeMap<String, String>,
    commands: &Commands,
    outcomes: &BTreeMap<String, Outcome>,
    task: Task,
    problems: &mut Vec<String>,
) -> Result<BTreeMap<String, String>> {
    let directory = workspace().join("docs/figures");
    let mut digests = BTreeMap::new();
    for (figure, command) in figures {
        let path = directory.join(figure).with_extension("svg");
        let old = fs::read_to_string(&path).unwrap_or_default();
        let mut digest = commands::digest(old.as_bytes());
        let same = match &outcomes[command] {
            Outcome::Kept(kept) => kept.figures.get(figure) == Some(&digest),
            Outcome::Fresh(run) => {
                let new = commands::drawn(figure, command, &run.figures)?;
                let chaotic = commands.chaotic.contains(command) && !task.renew;
                let same = if chaotic { drawing::same_kind(&old, new) } else { drawing::same_figure(&old, new) };
                if task.renew && !same {
                    fs::create_dir_all(&directory)?;
                    fs::write(&path, new)?;
                    digest = commands::digest(new.as_bytes());
                }
                same || task.renew
            }
        };
        if !same {
            problems.push(format!("docs/figures/{figure}.svg is not what `{command}` draws (`{RENEW}`)"));
        }
        digests.insert(figure.clone(), digest);
    }
    let unused = files(&directory, "svg")?.into_iter().filter(|path| !figures.contains_key(&stem(path)));
    problems.extend(unused.map(|path| format!("no page shows {}", commands::shown(&path))));
    Ok(digests)
}

/// What pages show as the output of each command.
fn shown(pages: &[Page]) -> BTreeMap<String, String> {
    let mut shown = BTreeMap::new();
    for page in pages {
        for three in blocks(&page.text).windows(3) {
            if let [(Block::Marker(kind, command), _), (Block::Code(..), _), (Block::Code(_, content), _)] = three
                && kind.starts_with("output")
            {
                shown.insert(command.clone(), content.clone());
            }
        }
    }
    shown
}

/// What a page says that is not so; `shown` are the outputs of all pages.
fn said(
    page: &Page,
    shown: &BTreeMap<String, String>,
    commands: &Commands,
    outcomes: &BTreeMap<String, Outcome>,
) -> Result<Vec<String>> {
    let mut problems = vec![];
    let filled = &page.text;
    let blocks = blocks(filled);
    let mut known = String::new();
    for (i, (block, place)) in blocks.iter().enumerate() {
        match block {
            Block::Marker(kind, _) if ["sections", "questions"].contains(&kind.as_str()) => {
                known += blocks.get(i + 1).map_or("", |(_, table)| &filled[place.end..table.end]);
            }
            Block::Marker(kind, command) if kind.starts_with("output") || kind == "failure" => {
                for (block, _) in blocks.iter().skip(i + 1).take(2) {
                    if let Block::Code(_, content) = block {
                        known += content;
                        let printed = content.lines().filter(|line| !line.starts_with("cargo run "));
                        let long = printed.filter(|line| line.chars().count() > WIDTH);
                        problems.extend(long.map(|line| format!("`{command}` prints a line that is too long: {line}")));
                    }
                }
            }
            Block::Marker(kind, command) if kind.starts_with("figure") => {
                known += &format!("{command}\n");
                if !commands.chaotic.contains(command) {
                    known += &outcomes[command].printed().text;
                }
            }
            Block::Marker(kind, command) if kind == "printed" => match shown.get(command) {
                Some(output) => known += output,
                None => problems.push(format!("no page shows what `{command}` prints")),
            },
            Block::Marker(kind, path) if kind == "measured" => known += &source(path)?,
            Block::Marker(kind, _) if !KINDS.contains(&kind.as_str()) => {
                problems.push(format!("no marker is called {kind}"))
            }
            _ => {}
        }
    }
    if page.path.starts_with("docs/") {
        let quoted = arguments(filled, "snippet");
        let quoted: String = quoted.iter().filter_map(|place| source(place.split_once('#')?.0).ok()).collect();
        let unfounded = numbers::unfounded(filled, &known, &quoted).into_iter();
        problems.extend(unfounded.map(|number| format!("nothing on the page prints or states {number}")));
    }
    let doubtful = formulas::doubtful(filled).into_iter();
    problems.extend(doubtful.map(|formula| format!("GitHub may not show {formula}")));
    Ok(problems.into_iter().map(|problem| format!("{}: {problem}", page.path)).collect())
}

/// Pages or structure that one language lacks, and dead links.
fn alike(site: &Site) -> Vec<String> {
    let mut problems = vec![];
    for page in &site.pages {
        if let Some(name) = page.name() {
            let other = if page.language() == "ja" { "en" } else { "ja" };
            match site.page(other, name).map(languages::structure) {
                None => problems.push(format!("{} is there in one language only", page.path)),
                Some(other) => {
                    let own = languages::structure(&page.text);
                    if other != own && page.language() == "ja" {
                        let difference = first_difference(&own.join("\n"), &other.join("\n"));
                        problems.push(format!("{} differs in structure from English, {difference}", page.path));
                    }
                }
            }
        }
        let dead = links::dead(&workspace().join(&page.path), &page.text).into_iter();
        problems.extend(dead.map(|target| format!("{}: dead link {target}", page.path)));
    }
    for language in ["en", "ja"] {
        let count = site.notebooks_of(language).len();
        if count != NOTEBOOKS {
            problems.push(format!("docs/{language}: the pages have {count} notebooks, {NOTEBOOKS} are published"));
        }
    }
    if site.order("en") != site.order("ja") {
        problems.push("docs/en/index.md and docs/ja/index.md lead to their pages in another order".to_owned());
    }
    problems
}

/// Commands in the text that their programs do not accept.
fn not_accepted(site: &Site) -> Vec<String> {
    let said: BTreeSet<String> = site.pages.iter().flat_map(|page| links::commands(&page.text)).collect();
    let wrong = said.into_par_iter().filter(|command| !commands::accepted(command));
    wrong.map(|command| format!("`{command}` is not accepted")).collect()
}

fn first_difference(page: &str, filled: &str) -> String {
    let line = page.lines().zip(filled.lines()).position(|(a, b)| a != b);
    let line = line.unwrap_or(page.lines().count().min(filled.lines().count()));
    let at = |text: &str| text.lines().nth(line).unwrap_or("nothing").to_owned();
    format!("line {}: `{}` should be `{}`", line + 1, at(page), at(filled))
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// The files with `extension`, or with any if it is empty, in `directory` and below it, sorted.
pub fn files(directory: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut found = vec![];
    for entry in fs::read_dir(directory).with_context(|| directory.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path, extension)?);
        } else if extension.is_empty() || path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn source(path: &str) -> Result<String> {
    fs::read_to_string(workspace().join(path)).context(path.to_owned())
}

fn read() -> Result<Vec<Page>> {
    let mut paths = files(&workspace().join("docs"), "md")?;
    for entry in workspace().read_dir()? {
        paths.extend(Some(entry?.path()).filter(|path| path.extension().is_some_and(|e| e == "md")));
    }
    let page = |path: &PathBuf| Ok(Page { path: commands::shown(path), text: fs::read_to_string(path)? });
    paths.iter().map(page).collect()
}

/// The lists of all chapters.
fn lists() -> Vec<List> {
    let list = |kind, chapter: &Chapter, entries: &[Entry]| List {
        kind,
        chapter: chapter.name.to_owned(),
        entries: entries.iter().map(|entry| (entry.name.to_owned(), entry.title.to_owned())).collect(),
    };
    let lists = CHAPTERS.iter().flat_map(|chapter| {
        [list("sections", chapter, chapter.sections), list("questions", chapter, chapter.questions)]
    });
    lists.filter(|list| !list.entries.is_empty()).collect()
}
