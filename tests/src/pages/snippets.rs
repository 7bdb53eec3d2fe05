//! Quotes from the sources.

use anyhow::{Context as _, Result};

/// The lines between `// ANCHOR: anchor` and `// ANCHOR_END: anchor`, without their common indentation.
pub(super) fn snippet(source: &str, anchor: &str) -> Result<String> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anchor_without_beginning_or_end_is_seen() -> Result<()> {
        let source = "\n    // ANCHOR: a\n    f {\n        // ANCHOR: b\n        one\n        // ANCHOR_END: b\n    }\n    // ANCHOR_END: a\n";
        assert_eq!(snippet(source, "a")?, "f {\n    one\n}\n");
        assert_eq!(snippet(source, "b")?, "one\n");
        assert!(snippet(source, "c").is_err());
        assert!(snippet(&source.replace("_END: a", ""), "a").is_err());
        Ok(())
    }
}
