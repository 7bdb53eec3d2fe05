//! A page as its parser sees it: blocks with their places, markers, headings, links and running text.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// The parser's events with their places; formulas are events of their own.
pub(super) fn events(page: &str) -> impl Iterator<Item = (Event<'_>, Range<usize>)> {
    Parser::new_ext(page, Options::ENABLE_TABLES | Options::ENABLE_MATH).into_offset_iter()
}

/// What stands at the top level of a page.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Block {
    /// `<!-- kind: argument -->` or `<!-- kind -->`, alone on its line
    Marker(String, String),
    /// Language and content of a fenced block
    Code(String, String),
    /// Level and text without marks
    Heading(usize, String),
    /// A paragraph that is a picture: its target
    Picture(String),
    Paragraph,
    Table,
    Other,
}

/// The blocks of a page and their places, which end behind the end of a line.
pub(super) fn blocks(page: &str) -> Vec<(Block, Range<usize>)> {
    let (mut blocks, mut depth) = (vec![], 0);
    let mut text = String::new();
    for (event, range) in events(page) {
        match &event {
            Event::Start(tag) => {
                if depth == 0 {
                    text.clear();
                    blocks.push((opened(tag, page, &range), line_end(page, range)));
                }
                depth += 1;
                if let (Tag::Image { dest_url, .. }, 2, Some((block @ Block::Paragraph, place))) =
                    (tag, depth, blocks.last_mut())
                    && page[place.start..].starts_with("![")
                {
                    *block = Block::Picture(dest_url.to_string());
                }
            }
            Event::End(end) => {
                depth -= 1;
                match (end, blocks.last_mut()) {
                    (TagEnd::CodeBlock, Some((Block::Code(_, content), _))) if depth == 0 => *content = text.clone(),
                    (TagEnd::Heading(_), Some((Block::Heading(_, title), _))) if depth == 0 => *title = text.clone(),
                    _ => {}
                }
            }
            Event::Text(part) | Event::Code(part) | Event::InlineMath(part) => text += part,
            _ if depth == 0 => blocks.push((Block::Other, line_end(page, range))),
            _ => {}
        }
    }
    blocks
}

fn opened(tag: &Tag, page: &str, range: &Range<usize>) -> Block {
    match tag {
        Tag::HtmlBlock => marker(page[range.clone()].trim()).unwrap_or(Block::Other),
        Tag::CodeBlock(CodeBlockKind::Fenced(language)) => Block::Code(language.to_string(), String::new()),
        Tag::Heading { level, .. } => Block::Heading(*level as usize, String::new()),
        Tag::Paragraph => Block::Paragraph,
        Tag::Table(_) => Block::Table,
        _ => Block::Other,
    }
}

fn line_end(page: &str, range: Range<usize>) -> Range<usize> {
    let end = if page[..range.end].ends_with('\n') { range.end } else { range.end + 1 };
    range.start..end.min(page.len())
}

fn marker(line: &str) -> Option<Block> {
    let content = line.strip_prefix("<!-- ")?.strip_suffix(" -->").filter(|content| !content.contains('\n'))?;
    let (kind, argument) = content.split_once(": ").unwrap_or((content, ""));
    Some(Block::Marker(kind.to_owned(), argument.to_owned()))
}

/// Kind and argument of each marker.
pub(super) fn markers(page: &str) -> Vec<(String, String)> {
    let markers = blocks(page).into_iter().filter_map(|(block, _)| match block {
        Block::Marker(kind, argument) => Some((kind, argument)),
        _ => None,
    });
    markers.collect()
}

/// The arguments of the markers of a kind.
pub(super) fn arguments(page: &str, kind: &str) -> Vec<String> {
    markers(page).into_iter().filter(|(found, _)| found == kind).map(|(_, argument)| argument).collect()
}

/// The first heading, without the program's name after a colon or a question mark.
pub(super) fn title(page: &str) -> String {
    let headings = blocks(page).into_iter().filter_map(|(block, _)| match block {
        Block::Heading(1, title) => Some(title),
        _ => None,
    });
    let title = headings.into_iter().next().unwrap_or_default();
    let (name, program) = title.rsplit_once([' ', '：']).unwrap_or((&title, ""));
    let name = if program.starts_with("sec") { name } else { &title };
    name.trim_end_matches([':', '：', ' ']).to_owned()
}

/// Running text with inline code and formulas, a line for each line and block; no other code, targets or comments.
pub(super) fn prose(page: &str) -> String {
    let (mut prose, mut code) = (String::new(), false);
    for (event, _) in events(page) {
        match event {
            Event::Start(Tag::CodeBlock(kind)) => code = kind != CodeBlockKind::Fenced("math".into()),
            Event::End(TagEnd::CodeBlock) => code = false,
            Event::Text(part) if !code => prose += &part,
            Event::Code(part) | Event::InlineMath(part) | Event::DisplayMath(part) => prose += &part,
            Event::End(TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::TableCell | TagEnd::Item | TagEnd::Table)
            | Event::SoftBreak
            | Event::HardBreak => prose += "\n",
            _ => {}
        }
    }
    prose
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_have_their_places() {
        let page = "# A `b`\n\n<!-- output: c d -->\n```sh\nc d\n```\n\n![x](y.svg)\ntext\n\n<!-- end -->\nText <!-- no -->\n\n```text\n\n<!-- output: e -->\n```\n";
        let found = blocks(page);
        let kinds: Vec<_> = found.iter().map(|(block, _)| block.clone()).collect();
        let marker = |kind: &str, argument: &str| Block::Marker(kind.into(), argument.into());
        let code = |language: &str, content: &str| Block::Code(language.into(), content.into());
        let expected = [
            Block::Heading(1, "A b".into()),
            marker("output", "c d"),
            code("sh", "c d\n"),
            Block::Picture("y.svg".into()),
            marker("end", ""),
            Block::Paragraph,
            code("text", "\n<!-- output: e -->\n"),
        ];
        assert_eq!(kinds, expected);
        assert_eq!(&page[found[2].1.clone()], "```sh\nc d\n```\n");
        assert!(found.iter().all(|(_, place)| page[..place.end].ends_with('\n')));
        assert_eq!(arguments(page, "output"), ["c d"]);
    }

    #[test]
    fn titles_lose_the_programs_name() {
        for (heading, expected) in [
            ("# Least squares: `sec3_a`", "Least squares"),
            ("# なぜか：`sec2_a`", "なぜか"),
            ("# Why a domain? `sec2_a`", "Why a domain?"),
            ("# How to follow along", "How to follow along"),
        ] {
            assert_eq!(title(heading), expected);
        }
    }

    #[test]
    fn prose_is_what_is_read() {
        let page = "# T 1\n\nA `b 2` [c](d3.md), $x_4$ *e*.\n<!-- f 5 -->\n\n| g | 6 |\n|---|---|\n| h | 7 |\n\n```rust\n8\n```\n\n```math\n9\n```\n";
        let digits: String = prose(page).chars().filter(char::is_ascii_digit).collect();
        assert_eq!(digits, "124679");
    }
}
