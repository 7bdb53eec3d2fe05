//! Links and commands in the text.

use std::{collections::BTreeSet, fs, path::Path};

use pulldown_cmark::{Event, Tag};

use super::markdown::{Block, blocks, events};

/// The targets of links and pictures, in order.
pub(super) fn targets(page: &str) -> Vec<String> {
    let targets = events(page).filter_map(|(event, _)| match event {
        Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => Some(dest_url.to_string()),
        _ => None,
    });
    targets.collect()
}

/// The relative links of a page at `path` that lead nowhere.
pub(super) fn dead(path: &Path, page: &str) -> Vec<String> {
    let dead = |target: &String| {
        let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
        let file = if file.is_empty() { path.to_owned() } else { path.parent().unwrap_or(path).join(file) };
        let known = |anchor: &str| fs::read_to_string(&file).is_ok_and(|page| anchors(&page).contains(anchor));
        !file.exists() || !anchor.is_empty() && !known(anchor)
    };
    targets(page).into_iter().filter(|target| !target.contains("://")).filter(dead).collect()
}

/// The anchors that GitHub gives to a page's headings.
fn anchors(page: &str) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    for (block, _) in blocks(page) {
        if let Block::Heading(_, title) = block {
            let kept = title.chars().filter(|c| c.is_alphanumeric() || ['-', '_', ' '].contains(c));
            let anchor: String = kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect();
            let numbered = (0..).map(|n| if n == 0 { anchor.clone() } else { format!("{anchor}-{n}") });
            numbered.take_while(|unique| !anchors.insert(unique.clone())).count();
        }
    }
    anchors
}

/// Commands in code, inline or fenced: `cargo run …`.
pub(super) fn commands(page: &str) -> Vec<String> {
    let code = events(page).filter_map(|(event, _)| match event {
        Event::Code(text) | Event::Text(text) => Some(text.to_string()),
        _ => None,
    });
    let lines: Vec<String> = code.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
    let commands = lines.iter().filter(|line| line.starts_with("cargo run ") && !line.contains("--bin N"));
    commands.map(|line| line.split(" # ").next().unwrap_or(line).trim_end().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_link_is_seen() -> anyhow::Result<()> {
        let directory = tempfile::tempdir()?;
        let path = directory.path().join("a.md");
        fs::write(directory.path().join("b.md"), "# One, two\n## 目次（続き）\n## 目次 続き\n## One two\n")?;
        let page = "# Here\n[1](b.md) [2](b.md#one-two) [3](b.md#one-two-1) [4](#here) [5](https://example.org/x) [6](b.md#目次続き)";
        assert_eq!(dead(&path, &page.replace("(#here)", "(b.md)")), [""; 0]);
        fs::write(&path, page)?;
        assert_eq!(dead(&path, page), [""; 0]);
        let broken = ["c.md", "b.md#one-two-2", "#there", "../figures/none.svg"];
        let page: String = broken.iter().map(|target| format!("![x]({target})")).collect();
        assert_eq!(dead(&path, &page), broken);
        Ok(())
    }

    #[test]
    fn commands_stand_in_code() {
        let page = "Try `cargo run --release --bin sec0_a -- --x 1`.\n\n```sh\ncargo run --release --features cuda --bin sec0_a   # for a GPU\ncargo test\n```\n";
        let expected =
            ["cargo run --release --bin sec0_a -- --x 1", "cargo run --release --features cuda --bin sec0_a"];
        assert_eq!(commands(page), expected);
    }
}
