//! What may differ between machines in printed text.

/// Text cut at its numbers.
#[derive(Debug, PartialEq)]
pub(super) enum Token<'a> {
    Text(&'a str),
    Number(&'a str),
}

/// Cuts at numbers such as `-1`, `0.25` and `3e-4`; digits inside a word (`x1`) or a section's number (`2.4.4`) are text.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
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

/// The numbers of a text, as they stand.
pub(super) fn numbers(text: &str) -> impl Iterator<Item = &str> {
    tokens(text).into_iter().filter_map(|token| match token {
        Token::Number(number) => Some(number),
        Token::Text(_) => None,
    })
}

/// Whether what follows a number makes it a time.
fn is_time(after: &str) -> bool {
    let unit = after.trim_start_matches(' ');
    let word = unit.find(|c: char| !c.is_alphabetic()).map_or(unit, |end| &unit[..end]);
    ["s", "ms", "µs", "ns", "seconds", "minutes"].contains(&word)
}

/// Sums may differ in their last bits between processors, and long trainings make that visible: a number with a fraction
/// and several digits may differ by one in the last of them, and below 1e-15 all are noise. Times are not compared.
pub(super) fn same_text(a: &str, b: &str) -> bool {
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

/// What is left of a text whose digits hang on the processor: the words, and where a number stands.
pub(super) fn shape(text: &str) -> String {
    let parts = tokens(text).into_iter().map(|token| match token {
        Token::Text(text) => text.split_inclusive('\n').map(|line| words(line) + "\n").collect::<String>(),
        Token::Number(_) => "#".to_owned(),
    });
    parts.collect()
}

fn words(line: &str) -> String {
    line.split([' ', '-', '−', '\n']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// What one is worth in the last digit of a number with a fraction and at least two digits after leading zeros.
fn last_digit(number: &str) -> Option<f64> {
    let (mantissa, exponent) = number.split_once('e').unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.')?;
    let digits = format!("{whole}{fraction}").trim_start_matches('0').len();
    (digits > 1).then(|| 10f64.powi(exponent.parse::<i32>().unwrap_or(0) - fraction.len() as i32))
}

pub(super) fn value(number: &str) -> f64 {
    number.parse().expect("a token that is a number")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_bits_and_times_may_differ() {
        let a = "5.8e-24, −0.5 at x1, 9.9e-4, 0.287574";
        assert!(same_text(a, "0e0, −0.5 at x1, 1.0e-3, 0.2875741") && same_text("in 12s.", "in 9s."));
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
    }

    #[test]
    fn a_chaotic_text_has_its_words_and_as_many_numbers() {
        let text = "MSE after 25\n  learned   -1.6e-7  x\n";
        assert_eq!(shape(text), shape("MSE after 30\n  learned    9.53e-9   x\n"));
        for other in ["MSE after 25\n learned NaN x\n", "MSE after 25\n learned 1 2 x\n", "MSE after 25 learned 1 x\n"]
        {
            assert_ne!(shape(text), shape(other), "{other}");
        }
    }
}
