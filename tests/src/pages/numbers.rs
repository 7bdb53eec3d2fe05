//! Numbers that a page says.

use std::collections::BTreeSet;

use super::{
    comparison::{Token, numbers, tokens, value},
    markdown::{arguments, prose},
};

/// The decimal numbers of the running text that neither `known` (numbers of outputs and commands, rounded as the text
/// does), nor `sources` (as they stand), nor a `stated` marker holds.
pub(super) fn unfounded(page: &str, known: &str, sources: &str) -> Vec<String> {
    let stated = arguments(page, "stated");
    let stated = stated.iter().flat_map(|list| list.split_whitespace());
    let exact: BTreeSet<&str> = numbers(sources).chain(stated).collect();
    let known: Vec<f64> = numbers(known).map(|number| value(number).abs()).collect();

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_from_nowhere_is_seen() {
        let page = "The step is 0.1 and the loss 0.29, or $2.9 \\times 10^{-1}$.\n";
        let known = "--step 0.1\nloss 0.287574\n";
        assert_eq!(unfounded(page, known, ""), [""; 0]);
        assert_eq!(unfounded(page, "loss 0.287574", ""), ["0.1"]);
        assert_eq!(unfounded(page, "loss 0.287574", "const STEP: f64 = 0.1;"), [""; 0]);
        assert_eq!(unfounded(&format!("<!-- stated: 0.1 -->\n{page}"), "loss 0.287574", ""), [""; 0]);
        for (said, unfound) in [("0.29", "0.30"), ("2.9 \\times 10^{-1}", "2.9e-2")] {
            let page = page.replace(said, &unfound.replace('e', " \\times 10^{"));
            assert_eq!(unfounded(&page, known, ""), [unfound]);
        }
        let sections = "Section 2.4, 2.4節, 2.5 節, 2.4.4 and [here](https://example.org/3.14).\n";
        assert_eq!(unfounded(sections, "", ""), [""; 0]);
    }
}
