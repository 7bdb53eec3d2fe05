//! What stands below the markers.

use anyhow::{Context as _, Result};

use super::{
    commands::parse,
    markdown::{Block, blocks},
    snippets::snippet,
};

/// Where the content below markers comes from.
pub(super) struct Sources<'a> {
    /// A file's content by its path
    pub(super) file: &'a dyn Fn(&str) -> Result<String>,
    /// What a command prints, given what the page shows now; the latter where both are the same
    pub(super) printed: &'a dyn Fn(&str, Option<&str>) -> Result<String>,
    /// A line or table that is made of other pages, by kind and argument of its marker
    pub(super) made: &'a dyn Fn(&str, &str) -> Result<String>,
}

/// The page as it should be.
pub(super) fn filled(page: &str, sources: &Sources) -> Result<String> {
    let blocks = blocks(page);
    let (mut filled, mut done) = (String::new(), 0);
    for (i, (block, place)) in blocks.iter().enumerate() {
        let Block::Marker(kind, argument) = block else { continue };
        let after = &blocks[i + 1..];
        let codes = |most| after.iter().take(most).take_while(|(b, _)| matches!(b, Block::Code(..))).count();
        let kind = kind.split(", ").next().unwrap_or(kind);
        // The text, and how many of the blocks after the marker it takes the place of.
        let (text, replaced) = match kind {
            "snippet" => {
                let (path, anchor) = argument.split_once('#').with_context(|| format!("{argument}: no #anchor"))?;
                let language = if path.ends_with(".rs") { "rust" } else { "text" };
                let quoted = snippet(&(sources.file)(path)?, anchor).context(path.to_owned())?;
                (fence(language, &quoted), codes(1))
            }
            "output" | "failure" => {
                let old = match after.get(1) {
                    Some((Block::Code(_, old), _)) if codes(2) == 2 => Some(old.as_str()),
                    _ => None,
                };
                let printed = (sources.printed)(argument, old)?;
                (fence("sh", argument) + "\n" + &fence("text", &printed), codes(2))
            }
            "figure" => {
                let mut text = fence("sh", argument);
                if !matches!(after.get(codes(1)), Some((Block::Picture(_), _))) {
                    let name = parse(argument)?.0;
                    text += &format!("\n![{name}](../figures/{name}.svg)\n");
                }
                (text, codes(1))
            }
            "measured" => {
                let end = Block::Marker("end".to_owned(), "measured".to_owned());
                let end = after.iter().position(|(block, _)| *block == end);
                let end = end.with_context(|| format!("{argument}: no `<!-- end: measured -->`"))?;
                (format!("\n{}\n\n", (sources.file)(argument)?.trim_end()), end)
            }
            "navigation" | "notebook" => {
                let below = after.first().is_some_and(|(b, at)| *b == Block::Paragraph && at.start == place.end);
                ((sources.made)(kind, argument)? + "\n", usize::from(below))
            }
            "sections" | "questions" | "notebooks" => {
                let below = after.first().is_some_and(|(block, _)| *block == Block::Table);
                ("\n".to_owned() + &(sources.made)(kind, argument)?, usize::from(below))
            }
            _ => continue,
        };
        filled += &page[done..place.end];
        filled += &text;
        done = match kind {
            "measured" => after[replaced].1.start,
            _ => replaced.checked_sub(1).map_or(place.end, |last| after[last].1.end),
        };
    }
    Ok(filled + &page[done..])
}

fn fence(language: &str, content: &str) -> String {
    format!("```{language}\n{}\n```\n", content.trim_end())
}

/// The figures that a page shows: file name and command.
pub(super) fn figures(page: &str) -> Result<Vec<(String, String)>> {
    let blocks = blocks(page);
    let figures = blocks.iter().enumerate().filter_map(|(i, (block, _))| match block {
        Block::Marker(kind, command) if kind.starts_with("figure") => Some((blocks.get(i + 2), command)),
        _ => None,
    });
    let named = figures.map(|(block, command)| {
        let target = block.and_then(|(block, _)| match block {
            Block::Picture(target) => target.strip_prefix("../figures/")?.strip_suffix(".svg"),
            _ => None,
        });
        Ok((target.with_context(|| format!("`{command}`: no figure after it"))?.to_owned(), command.clone()))
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::{super::commands::same, *};

    const PAGE: &str = "\
# Title

<!-- navigation -->
[Index](index.md)

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

![sec0_a](../figures/sec0_a.svg)

## Next

<!-- sections: chapter0 -->

| a |
|---|
| b |
";
    const SOURCE: &str = "\n    // ANCHOR: model\n    fn f() {\n        one();\n    }\n    // ANCHOR_END: model\n";
    const PRINTED: &str = "loss 0.287574 after 3.1 ms\n";

    fn filled_with(page: &str, source: &str, printed: &str) -> Result<String> {
        let made = |kind: &str, _: &str| match kind {
            "navigation" => "[Index](index.md)".to_owned(),
            _ => "| a |\n|---|\n| b |\n".to_owned(),
        };
        filled(
            page,
            &Sources {
                file: &|_| Ok(source.to_owned()),
                printed: &|_, old| {
                    let old = old.filter(|old| same(old, printed, page.contains("output, chaotic")));
                    Ok(old.unwrap_or(printed).to_owned())
                },
                made: &|kind, argument| Ok(made(kind, argument)),
            },
        )
    }

    #[test]
    fn a_true_page_stays_and_a_bare_one_is_filled_in() -> Result<()> {
        assert_eq!(filled_with(PAGE, SOURCE, PRINTED)?, PAGE);
        let kept = PAGE.split_inclusive('\n').filter(|line| line.starts_with(['#', '<']) || line.len() == 1);
        let bare = kept.collect::<String>().replace("\n\n\n", "\n\n").replace("\n\n\n", "\n\n");
        assert_eq!(filled_with(&bare, SOURCE, PRINTED)?.trim_end(), PAGE.trim_end());
        Ok(())
    }

    #[test]
    fn a_changed_source_output_command_or_table_is_seen() -> Result<()> {
        for (old, new) in [("one();", "two();"), ("0.287574", "0.287580"), ("loss", "gain")] {
            let (source, printed) = (SOURCE.replace(old, new), PRINTED.replace(old, new));
            assert_eq!(filled_with(PAGE, &source, &printed)?, PAGE.replace(old, new));
        }
        for (old, new) in [("--step 0.1\n", "--step 0.2\n"), ("| b |", "| c |"), ("[Index]", "[Contents]")] {
            assert_eq!(filled_with(&PAGE.replacen(old, new, 1), SOURCE, PRINTED)?, PAGE);
        }
        assert_eq!(filled_with(PAGE, SOURCE, "loss 0.2875741 after 99.25 ms\n")?, PAGE);
        let chaotic = PAGE.replace("<!-- output:", "<!-- output, chaotic:");
        assert_eq!(filled_with(&chaotic, SOURCE, "loss 0.52 after 3.1 ms\n")?, chaotic);
        assert_ne!(filled_with(&chaotic, SOURCE, "loss 0.52 after 3.1 s\n")?, chaotic);
        Ok(())
    }

    #[test]
    fn measurements_stand_between_their_markers() -> Result<()> {
        let page = |table: &str| format!("# T\n\n<!-- measured: a.txt -->\n{table}<!-- end: measured -->\n\nEnd.\n");
        let true_page = page("\n| 0.29 ms |\n\n");
        for table in ["", "\n| 0.31 ms |\n\n", "\n| 0.29 ms |\n\n"] {
            assert_eq!(filled_with(&page(table), "| 0.29 ms |\n", "")?, true_page);
        }
        assert!(filled_with(&true_page.replace("<!-- end", "<!-- and"), "", "").is_err());
        Ok(())
    }

    #[test]
    fn a_figure_has_its_picture() -> Result<()> {
        assert_eq!(figures(PAGE)?, [("sec0_a".to_owned(), "cargo run --release --bin sec0_a".to_owned())]);
        assert!(figures(&PAGE.replace("![sec0_a]", "[sec0_a]")).is_err());
        Ok(())
    }
}
