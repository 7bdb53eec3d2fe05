//! Inline formulas that GitHub may take for something else.

use pulldown_cmark::{Event, Tag, TagEnd};

use super::markdown::events;

/// Formulas `$…$` that GitHub may not show as they are meant. Outside, `$` must have a space or ASCII punctuation other
/// than the `*` of bold text. Inside, `_` must have a letter or digit before it, or it can begin an emphasis, and a
/// backslash before punctuation (`\,`) is lost; formulas that need one are written `` $`…`$ ``.
pub(super) fn doubtful(page: &str) -> Vec<String> {
    let (mut doubtful, mut code) = (vec![], false);
    for (event, place) in events(page) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => code = true,
            Event::End(TagEnd::CodeBlock) => code = false,
            Event::InlineMath(formula) if !(formula.starts_with('`') && formula.ends_with('`')) => {
                let fits =
                    |c: Option<char>| c.is_none_or(|c| c.is_whitespace() || c.is_ascii_punctuation() && c != '*');
                let apart = fits(page[..place.start].chars().next_back()) && fits(page[place.end..].chars().next());
                let mut underscores = formula.match_indices('_');
                let emphasis = underscores.any(|(at, _)| !formula[..at].ends_with(|c: char| c.is_ascii_alphanumeric()));
                let mut escapes = formula.match_indices('\\');
                let lost = escapes.any(|(at, _)| formula[at + 1..].starts_with(|c: char| c.is_ascii_punctuation()));
                if !apart || emphasis || lost {
                    doubtful.push(format!("${formula}$"));
                }
            }
            Event::Text(text) if !code && text.contains('$') => doubtful.push(text.to_string()),
            _ => {}
        }
    }
    doubtful
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_that_github_may_not_show_is_seen() {
        let good = "Here $x_1$, ($y_{ij}$) and `$a$b` of $\\theta_i$, **b** $`c\\,d`$.\n```math\n\\hat{x}_t\\,\n```\n";
        assert_eq!(doubtful(good), [""; 0]);
        for bad in
            ["値$x$です", "$x$、", "$\\hat{x}_t$", "$ x$", "costs 5$", "$a\\,b$", "$\\{a\\}$", "**$x$**", "**of $x$**"]
        {
            assert!(!doubtful(bad).is_empty(), "{bad}");
        }
    }
}
