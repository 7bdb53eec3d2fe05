//! What both languages must have alike.

use pulldown_cmark::Event;

use super::markdown::{Block, blocks, events};

/// Levels of headings, markers, code, pictures, tables, what unfolds: a line for each.
pub(super) fn structure(page: &str) -> Vec<String> {
    let blocks = blocks(page).into_iter().map(|(block, place)| (place.start, block));
    let mut lines: Vec<(usize, String)> = blocks
        .filter_map(|(at, block)| {
            let line = match block {
                Block::Heading(level, _) => "#".repeat(level),
                Block::Marker(kind, argument) => format!("<!-- {kind}: {argument} -->"),
                Block::Code(language, content) => format!("```{language}\n{content}"),
                Block::Picture(target) => target,
                Block::Table => "table".to_owned(),
                Block::Paragraph | Block::Other => return None,
            };
            Some((at, line))
        })
        .collect();
    lines.extend(events(page).filter_map(|(event, place)| match event {
        Event::Html(html) if html.starts_with("<details") => Some((place.start, "<details>".to_owned())),
        _ => None,
    }));
    lines.sort_by_key(|(at, _)| *at);
    lines.into_iter().flat_map(|(_, line)| line.lines().map(str::to_owned).collect::<Vec<_>>()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_language_lacks_is_seen() {
        let page = "# Title\n\nText.\n\n<!-- output: a --step 0.1 -->\n```sh\na --step 0.1\n```\n\n![a curve](../figures/a.svg)\n\n## Next\n\n<details>\n<summary>x</summary>\n\n| a |\n|---|\n| b |\n\n</details>\n";
        let japanese =
            page.replace("Title", "表題").replace("Next", "次").replace("a curve", "曲線").replace("| b", "| c");
        assert_eq!(structure(page), structure(&japanese));
        for (old, new) in [
            ("## ", "### "),
            ("## 次\n", ""),
            ("output: ", "failure: "),
            ("a --step 0.1\n", "a --step 0.2\n"),
            ("figures/a.svg", "figures/b.svg"),
            ("--step 0.1 -->", "--step 0.2 -->"),
            ("<details>\n", ""),
            ("|---|\n", ""),
        ] {
            assert_ne!(structure(page), structure(&japanese.replace(old, new)), "{old}");
        }
    }
}
