//! What leads from page to page: the line at the top of each, and the tables of sections and notebooks.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};

use super::{
    commands::{self, Kept},
    links::targets,
    markdown::{Block, arguments, blocks, markers, title},
};

/// Stands for a notebook whose name our sources do not give.
const UNNAMED: &str = "?";

/// A page by its path below the root of the workspace.
#[derive(Debug, Clone)]
pub(super) struct Page {
    pub(super) path: String,
    pub(super) text: String,
}

impl Page {
    /// `ja` or `en`.
    pub(super) fn language(&self) -> &'static str {
        if self.path.starts_with("docs/ja/") || self.path.ends_with(".ja.md") { "ja" } else { "en" }
    }

    /// The file name without `.md` of a page of `docs/en` or `docs/ja`.
    pub(super) fn name(&self) -> Option<&str> {
        self.path.strip_prefix("docs/")?.strip_prefix(self.language())?.strip_prefix('/')?.strip_suffix(".md")
    }
}

/// The sections or the questions of a chapter: `sections: chapter3`, name and title of each.
#[derive(Debug, Clone)]
pub(super) struct List {
    pub(super) kind: &'static str,
    pub(super) chapter: String,
    pub(super) entries: Vec<(String, String)>,
}

/// All pages and what they are about.
pub(super) struct Site {
    pub(super) pages: Vec<Page>,
    pub(super) lists: Vec<List>,
    pub(super) kept: BTreeMap<String, Kept>,
}

impl Site {
    /// The text of a page.
    pub(super) fn page(&self, language: &str, name: &str) -> Option<&str> {
        let page = self.pages.iter().find(|page| page.language() == language && page.name() == Some(name));
        page.map(|page| page.text.as_str())
    }

    fn titled(&self, language: &str, name: &str) -> String {
        self.page(language, name).map(title).unwrap_or_default()
    }

    /// The pages of a language in the order in which its index leads to them, the index first.
    pub(super) fn order(&self, language: &str) -> Vec<String> {
        let mut order = vec!["index".to_owned()];
        for target in targets(self.page(language, "index").unwrap_or_default()) {
            let name = target.split('#').next().and_then(|file| file.strip_suffix(".md")).unwrap_or_default();
            if self.page(language, name).is_some() && !order.iter().any(|known| known == name) {
                order.push(name.to_owned());
            }
        }
        order
    }

    /// What the marker `kind: argument` of `page` asks for.
    pub(super) fn made(&self, page: &Page, kind: &str, argument: &str) -> Result<String> {
        match (kind, page.name()) {
            ("navigation", Some(name)) => Ok(self.navigation(page.language(), name)),
            ("notebook", Some(name)) => self.notebook(page.language(), name, argument),
            ("notebooks", _) => Ok(self.notebooks(page)),
            ("sections" | "questions", _) => self.table(page, kind, argument),
            _ => anyhow::bail!("{}: no place for `<!-- {kind} -->`", page.path),
        }
    }

    fn navigation(&self, language: &str, name: &str) -> String {
        let order = self.order(language);
        let at = order.iter().position(|known| known == name);
        let link = |name: &str, text: String| format!("[{text}]({name}.md)");
        let mut parts = vec![];
        if let Some(before) = at.filter(|at| *at > 1).map(|at| &order[at - 1]) {
            parts.push(link(before, format!("← {}", self.titled(language, before))));
        }
        if name != "index" {
            parts.push(link("index", if language == "ja" { "目次" } else { "Index" }.to_owned()));
        }
        if let Some(next) = at.and_then(|at| order.get(at + 1)) {
            parts.push(link(next, format!("{} →", self.titled(language, next))));
        }
        let (other, word) = if language == "ja" { ("en", "English") } else { ("ja", "日本語") };
        parts.push(format!("[{word}](../{other}/{name}.md)"));
        parts.join(" · ")
    }

    /// Section and notebooks of a page, e.g. `The book's section 2.4.4 · the author's notebook …`.
    fn notebook(&self, language: &str, name: &str, argument: &str) -> Result<String> {
        let question = self.lists.iter().any(|l| l.kind == "questions" && l.entries.iter().any(|(n, _)| n == name));
        let place = place(name).with_context(|| format!("{name}: not called after a section"))?;
        let mut line = match (language, place.contains('.'), question) {
            ("ja", true, false) => format!("本の{place}節"),
            ("ja", false, false) => format!("本の第{place}章"),
            ("ja", true, true) => format!("本の{place}節についての問い"),
            ("ja", false, true) => format!("本の第{place}章についての問い"),
            (_, true, false) => format!("The book's section {place}"),
            (_, false, false) => format!("The book's chapter {place}"),
            (_, true, true) => format!("A question on the book's section {place}"),
            (_, false, true) => format!("A question on the book's chapter {place}"),
        };
        let notebooks = notebooks(argument)?;
        let (named, unnamed): (Vec<_>, Vec<_>) = notebooks.into_iter().partition(|name| *name != UNNAMED);
        if !named.is_empty() {
            let names = named.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            line += &match language {
                "ja" => format!(" · 著者のノートブック {names}"),
                _ => format!(" · the author's notebook{} {names}", if named.len() == 1 { "" } else { "s" }),
            };
        }
        if !unnamed.is_empty() {
            line += match (language, named.is_empty()) {
                ("ja", true) => " · 著者のノートブックがあります（名前は資料に記されていません）",
                ("ja", false) => "、ほかに一つ（名前は資料に記されていません）",
                (_, true) => " · a notebook of the author, whose name our sources do not give",
                (_, false) => " and one more, whose name our sources do not give",
            };
        }
        Ok(line)
    }

    /// The notebooks of all pages in their order: page and notebook.
    pub(super) fn notebooks_of(&self, language: &str) -> Vec<(String, String)> {
        let of = |name: String| {
            let arguments = arguments(self.page(language, &name).unwrap_or_default(), "notebook");
            let notebooks: Vec<_> = arguments.iter().flat_map(|a| a.split(", ")).map(str::to_owned).collect();
            notebooks.into_iter().filter(|notebook| !notebook.is_empty()).map(move |notebook| (name.clone(), notebook))
        };
        self.order(language).into_iter().flat_map(of).collect()
    }

    fn notebooks(&self, page: &Page) -> String {
        let language = page.language();
        let mut table = match language {
            "ja" => "| ノートブック | プログラムとページ | 内容 |\n|---|---|---|\n".to_owned(),
            _ => "| notebook | program and page | what it is about |\n|---|---|---|\n".to_owned(),
        };
        for (name, notebook) in self.notebooks_of(language) {
            let (link, title) = (link(page, &name), self.titled(language, &name));
            let notebook = if notebook == UNNAMED { "–".to_owned() } else { format!("`{notebook}`") };
            table += &format!("| {notebook} | {link} | {title} |\n");
        }
        table
    }

    fn table(&self, page: &Page, kind: &str, chapter: &str) -> Result<String> {
        let list = self.lists.iter().find(|list| list.kind == kind && list.chapter == chapter);
        let list = list.with_context(|| format!("no chapter has the list `{kind}: {chapter}`"))?;
        let mut table = match page.language() {
            "ja" => "| 本 | プログラムとページ | 内容 | 秒 |\n|---|---|---|--:|\n".to_owned(),
            _ => "| book | program and page | what it shows | seconds |\n|---|---|---|--:|\n".to_owned(),
        };
        for (name, title) in &list.entries {
            let title = if page.language() == "ja" { self.titled("ja", name) } else { title.clone() };
            let (place, seconds) = (place(name).unwrap_or_default(), self.seconds(name));
            table += &format!("| {place} | {} | {title} | {seconds} |\n", link(page, name));
        }
        Ok(table)
    }

    /// How long the program took when the pages were last renewed, roughly: that is the same on most machines.
    fn seconds(&self, name: &str) -> &'static str {
        let markers = markers(self.page("en", name).unwrap_or_default());
        let first = markers.iter().find(|(kind, _)| ["output", "output, chaotic"].contains(&kind.as_str()));
        range(first.and_then(|(_, command)| self.kept.get(command)).map_or(0.0, |kept| kept.seconds))
    }

    /// Everything that a program of a chapter still lacks; `programs` are those on the disk with their chapters.
    pub(super) fn missing(&self, programs: &[(String, String)]) -> Vec<String> {
        let mut problems = vec![];
        let listed = |chapter: &str, name: &str| {
            let lists = self.lists.iter().filter(|list| list.chapter == chapter);
            lists.flat_map(|list| &list.entries).any(|(listed, _)| listed == name)
        };
        for (chapter, name) in programs {
            if !self.lists.iter().any(|list| list.chapter == *chapter) {
                problems.push(format!("book/src/lib.rs: CHAPTERS has no {chapter}, which has the program {name}"));
            } else if name != chapter && !listed(chapter, name) {
                problems.push(format!("{chapter}/src/lib.rs: CHAPTER lists no {name}"));
            }
        }
        for list in &self.lists {
            for page in &self.pages {
                let leads = page.path.starts_with("README") || page.name() == Some("index");
                if leads && !arguments(&page.text, list.kind).contains(&list.chapter) {
                    problems.push(format!("{}: no marker `<!-- {}: {} -->`", page.path, list.kind, list.chapter));
                }
            }
            for (name, _) in &list.entries {
                if !programs.iter().any(|(chapter, program)| *chapter == list.chapter && program == name) {
                    problems.push(format!("{}/src/bin/{name}.rs is missing", list.chapter));
                }
                for language in ["en", "ja"] {
                    let Some(page) = self.page(language, name) else {
                        problems.push(format!("docs/{language}/{name}.md is missing"));
                        continue;
                    };
                    for kind in ["output", "figure"] {
                        let both = [kind.to_owned(), format!("{kind}, chaotic")];
                        let mut commands = both.iter().flat_map(|kind| arguments(page, kind));
                        if !commands.any(|command| commands::parse(&command).is_ok_and(|(program, _)| program == name))
                        {
                            problems.push(format!("docs/{language}/{name}.md shows no {kind} of its program"));
                        }
                    }
                    if blocks(page).iter().all(|(b, _)| !matches!(b, Block::Marker(kind, _) if kind == "notebook")) {
                        problems.push(format!("docs/{language}/{name}.md: no marker `<!-- notebook -->`"));
                    }
                }
            }
        }
        for page in &self.pages {
            let Some(name) = page.name() else { continue };
            if !self.order(page.language()).iter().any(|known| known == name) {
                problems.push(format!("docs/{}/index.md does not lead to {name}.md", page.language()));
            }
            if !page.text.contains("<!-- navigation -->\n") {
                problems.push(format!("{}: no marker `<!-- navigation -->`", page.path));
            }
        }
        problems
    }
}

/// The page with the markers that it needs, below its title.
pub(super) fn with_markers(page: &Page) -> String {
    let Some(name) = page.name() else { return page.text.clone() };
    let heading = blocks(&page.text).into_iter().find(|(block, _)| matches!(block, Block::Heading(1, _)));
    let Some((_, heading)) = heading else { return page.text.clone() };
    let (before, after) = page.text.split_at(heading.end);
    let (mut added, navigation) = (String::new(), "\n<!-- navigation -->\n");
    if place(name).is_some() && !page.text.contains("\n<!-- notebook") {
        added = "\n<!-- notebook -->\n".to_owned();
    }
    if !page.text.contains(navigation) {
        added = navigation.to_owned() + &added;
    }
    format!("{before}{added}{after}")
}

fn link(page: &Page, name: &str) -> String {
    let directory = if page.name().is_some() { String::new() } else { format!("docs/{}/", page.language()) };
    format!("[`{name}`]({directory}{name}.md)")
}

/// The section in a program's name: `2.4.4` of `sec2_4_4_regression`.
fn place(name: &str) -> Option<String> {
    let numbers: Vec<_> = name.strip_prefix("sec")?.split('_').take_while(|p| p.parse::<u32>().is_ok()).collect();
    (!numbers.is_empty()).then(|| numbers.join("."))
}

fn notebooks(argument: &str) -> Result<Vec<&str>> {
    let names: Vec<_> = argument.split(", ").filter(|name| !name.is_empty()).collect();
    let right = |name: &&str| *name == UNNAMED || name.ends_with(".ipynb");
    ensure!(
        names.iter().all(right),
        "`{argument}`: notebooks end with .ipynb, or {UNNAMED} stands for an unknown name"
    );
    Ok(names)
}

/// Seconds as tables give them.
pub(super) fn range(seconds: f64) -> &'static str {
    match seconds {
        s if s < commands::SLOW => "< 2",
        s if s < 10.0 => "2–10",
        s if s < 60.0 => "10–60",
        _ => "> 60",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(path: &str, text: &str) -> Page {
        Page { path: path.to_owned(), text: text.to_owned() }
    }

    fn site() -> Site {
        let command = "cargo run --release --bin";
        let section = |name: &str, title: &str| {
            let outputs = match name {
                "sec2_b" => format!(
                    "<!-- output, chaotic: {command} {name} -->\n\n<!-- output: {command} {name} -- --quick -->"
                ),
                _ => format!("<!-- output: {command} {name} -->"),
            };
            let commands = format!("{outputs}\n\n<!-- figure: {command} {name} -->\n");
            format!("# {title}: `{name}`\n\n<!-- navigation -->\n\n<!-- notebook: {title}.ipynb -->\n\n{commands}")
        };
        let index = "# I\n\n<!-- navigation -->\n\n[n](notation.md) [a](sec2_4_a.md)\n\n<!-- sections: chapter2 -->\n\n<!-- questions: chapter2 -->\n\n[b](sec2_b.md)\n";
        let mut pages = vec![];
        for (language, a, b) in [("en", "A", "B"), ("ja", "甲", "乙")] {
            let path = |name: &str| format!("docs/{language}/{name}.md");
            pages.push(page(&path("index"), index));
            pages.push(page(&path("notation"), "# N\n\n<!-- navigation -->\n"));
            pages.push(page(&path("sec2_4_a"), &section("sec2_4_a", a)));
            pages.push(page(&path("sec2_b"), &section("sec2_b", b)));
        }
        pages.push(page("README.md", "# R\n\n<!-- sections: chapter2 -->\n\n<!-- questions: chapter2 -->\n"));
        let list = |kind, name: &str, title: &str| List {
            kind,
            chapter: "chapter2".into(),
            entries: vec![(name.to_owned(), title.to_owned())],
        };
        let lists = vec![list("sections", "sec2_4_a", "Title of a"), list("questions", "sec2_b", "Title of b")];
        let kept = |name, seconds| (format!("{command} {name}"), Kept { seconds, ..Kept::default() });
        Site { pages, lists, kept: [kept("sec2_4_a", 12.0), kept("sec2_b", 3.0)].into() }
    }

    fn programs() -> Vec<(String, String)> {
        ["chapter2", "sec2_4_a", "sec2_b"].map(|name| ("chapter2".to_owned(), name.to_owned())).to_vec()
    }

    #[test]
    fn lines_and_tables_lead_to_the_pages() -> Result<()> {
        let site = site();
        let made = |path: &str, kind, argument| site.made(&page(path, ""), kind, argument);
        let a = "docs/en/sec2_4_a.md";
        let line = "[← N](notation.md) · [Index](index.md) · [B →](sec2_b.md) · [日本語](../ja/sec2_4_a.md)";
        assert_eq!(made(a, "navigation", "")?, line);
        assert_eq!(made("docs/ja/index.md", "navigation", "")?, "[N →](notation.md) · [English](../en/index.md)");
        assert_eq!(
            made(a, "notebook", "X.ipynb, Y.ipynb")?,
            "The book's section 2.4 · the author's notebooks `X.ipynb`, `Y.ipynb`"
        );
        assert_eq!(made("docs/ja/sec2_b.md", "notebook", "")?, "本の第2章についての問い");
        let unknown = "The book's section 2.4 · a notebook of the author, whose name our sources do not give";
        assert_eq!(made(a, "notebook", "?")?, unknown);
        assert!(made(a, "notebook", "X").is_err() && made("README.md", "navigation", "").is_err());
        let row = "| 2.4 | [`sec2_4_a`](docs/en/sec2_4_a.md) | Title of a | 10–60 |\n";
        assert!(made("README.md", "sections", "chapter2")?.ends_with(row));
        let row = "| 2 | [`sec2_b`](sec2_b.md) | 乙 | 2–10 |\n";
        assert!(made("docs/ja/index.md", "questions", "chapter2")?.ends_with(row));
        assert!(made("README.md", "sections", "chapter9").is_err());
        let notebooks = made("docs/en/index.md", "notebooks", "")?;
        assert!(
            notebooks.ends_with(
                "| `A.ipynb` | [`sec2_4_a`](sec2_4_a.md) | A |\n| `B.ipynb` | [`sec2_b`](sec2_b.md) | B |\n"
            )
        );
        Ok(())
    }

    /// One thing is taken away at a time; the line that is expected names it.
    #[test]
    fn what_a_section_lacks_is_named() {
        assert_eq!(site().missing(&programs()), [""; 0]);
        let without = |path: &str, old: &str| {
            let mut site = site();
            match old {
                "" => site.pages.retain(|page| page.path != path),
                _ => {
                    let page = site.pages.iter_mut().find(|page| page.path == path).expect("a page");
                    page.text = page.text.replace(old, "");
                }
            }
            site.missing(&programs()).join("\n")
        };
        for (path, old, expected) in [
            ("docs/ja/sec2_4_a.md", "", "docs/ja/sec2_4_a.md is missing"),
            ("docs/en/index.md", "[b](sec2_b.md)", "docs/en/index.md does not lead to sec2_b.md"),
            ("docs/en/sec2_4_a.md", "output: ", "docs/en/sec2_4_a.md shows no output of its program"),
            ("docs/en/sec2_b.md", "figure: ", "docs/en/sec2_b.md shows no figure of its program"),
            ("docs/en/sec2_b.md", "<!-- navigation -->", "docs/en/sec2_b.md: no marker `<!-- navigation -->`"),
            ("docs/en/sec2_b.md", "notebook: ", "docs/en/sec2_b.md: no marker `<!-- notebook -->`"),
            ("README.md", "sections: ", "README.md: no marker `<!-- sections: chapter2 -->`"),
        ] {
            assert_eq!(without(path, old), expected);
        }
        assert_eq!(site().missing(&programs()[..2]), ["chapter2/src/bin/sec2_b.rs is missing"]);
        let mut site = site();
        site.lists.pop();
        assert_eq!(site.missing(&programs()), ["chapter2/src/lib.rs: CHAPTER lists no sec2_b"]);
        let other = [programs(), vec![("chapter9".to_owned(), "sec9_a".to_owned())]].concat();
        let problem = "book/src/lib.rs: CHAPTERS has no chapter9, which has the program sec9_a";
        assert_eq!(self::site().missing(&other), [problem]);
    }

    #[test]
    fn renewing_gives_a_new_page_its_markers() {
        let bare = page("docs/en/sec2_a.md", "# A\n\nText.\n");
        let expected = "# A\n\n<!-- navigation -->\n\n<!-- notebook -->\n\nText.\n";
        assert_eq!(with_markers(&bare), expected);
        assert_eq!(with_markers(&page("docs/en/sec2_a.md", expected)), expected);
        assert_eq!(with_markers(&page("docs/en/speed.md", "# A\n\nText.\n")), "# A\n\n<!-- navigation -->\n\nText.\n");
        assert_eq!(with_markers(&page("README.md", "# A\n")), "# A\n");
    }
}
