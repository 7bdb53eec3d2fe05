//! A table of numbers that counts: one row per update, epoch or iteration. Training histories and curves are such tables.

use std::fmt::Write as _;

use crate::figure::Series;

/// Named columns; the first is a counter, the others f64. Rows may have names, which a file shows in place of the counter.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    columns: Vec<String>,
    rows: Vec<(usize, Vec<f64>)>,
    names: Vec<String>,
}

impl Table {
    /// An empty table whose counter is called `counter` and whose values are called `columns`.
    pub fn new<S: Into<String>>(counter: &str, columns: impl IntoIterator<Item = S>) -> Self {
        let columns = std::iter::once(counter.to_owned()).chain(columns.into_iter().map(Into::into)).collect();
        Self { columns, rows: vec![], names: vec![] }
    }

    /// A table of columns, of different lengths maybe, side by side; the counter starts from `first`.
    pub fn of_columns(counter: &str, first: usize, columns: &[(String, Vec<f64>)]) -> Self {
        let mut table = Self::new(counter, columns.iter().map(|(name, _)| name.clone()));
        let length = columns.iter().map(|(_, values)| values.len()).max().unwrap_or(0);
        for row in 0..length {
            let values = columns.iter().map(|(_, values)| values.get(row).copied().unwrap_or(f64::NAN));
            table.push(first + row, &values.collect::<Vec<_>>());
        }
        table
    }

    /// Appends a row; a missing value is NaN, a value without a column is dropped.
    pub fn push(&mut self, count: usize, values: &[f64]) {
        let mut row = values.to_vec();
        row.resize(self.columns.len() - 1, f64::NAN);
        self.rows.push((count, row));
    }

    /// Appends a row that is called `name`, without commas; all rows of a table have names, or none has.
    pub fn push_named(&mut self, name: impl Into<String>, values: &[f64]) {
        self.names.push(name.into());
        self.push(self.rows.len(), values);
    }

    /// Names of all columns, the counter first.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The rows: counter and values.
    pub fn rows(&self) -> &[(usize, Vec<f64>)] {
        &self.rows
    }

    /// The rows' names; empty if they have none.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The counter's values as f64, ready to plot.
    pub fn counts(&self) -> Vec<f64> {
        self.rows.iter().map(|&(count, _)| count as f64).collect()
    }

    /// The values of the column `name`; empty if there is none of that name.
    pub fn column(&self, name: &str) -> Vec<f64> {
        match self.columns[1..].iter().position(|column| column == name) {
            Some(index) => self.rows.iter().map(|(_, values)| values[index]).collect(),
            None => vec![],
        }
    }

    /// The last value of the column `name`; NaN if there is none.
    pub fn last(&self, name: &str) -> f64 {
        self.column(name).last().copied().unwrap_or(f64::NAN)
    }

    /// The column `name` as a line called `label`, over the counter.
    pub fn line(&self, label: impl Into<String>, name: &str) -> Series {
        Series::line(label, &self.counts(), &self.column(name))
    }

    /// Comma-separated values with a header. Every number has the digits that make it exact again; NaN is an empty cell.
    pub fn to_csv(&self) -> String {
        let mut csv = self.columns.join(",") + "\n";
        for (row, (count, values)) in self.rows.iter().enumerate() {
            let _ = match self.names.get(row) {
                Some(name) => write!(csv, "{name}"),
                None => write!(csv, "{count}"),
            };
            for value in values {
                let _ = if value.is_nan() { write!(csv, ",") } else { write!(csv, ",{value:?}") };
            }
            csv.push('\n');
        }
        csv
    }
}

/// Rows as columns wide enough for their longest cell, one line each.
pub fn aligned<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..N).map(width).collect();
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_is_exact_and_short_rows_have_empty_cells() {
        let mut table = Table::new("update", ["loss", "error"]);
        table.push(0, &[0.1 + 0.2, 1e-20]);
        table.push(1, &[2.0]);
        assert_eq!(table.to_csv(), "update,loss,error\n0,0.30000000000000004,1e-20\n1,2.0,\n");
        assert_eq!(table.column("loss"), [0.1 + 0.2, 2.0]);
        assert_eq!(table.counts(), [0.0, 1.0]);
        assert!(table.last("error").is_nan() && table.column("none").is_empty());
        let mut table = Table::new("decoder", ["errors"]);
        table.push_named("plain BP", &[3.0]);
        assert_eq!(table.to_csv(), "decoder,errors\nplain BP,3.0\n");
    }
}
