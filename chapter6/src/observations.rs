//! Observed trajectories: times and values from a file, and the states of a grid at other times.

use anyhow::{Context as _, Result, ensure};
use candle_core::Tensor;

/// Values at times: a table with the columns `t` and one per observed coordinate.
#[derive(Debug, Clone, PartialEq)]
pub struct Observations {
    /// The times, ascending
    pub times: Vec<f64>,
    /// The values, one row per time
    pub values: Vec<Vec<f64>>,
}

impl Observations {
    /// Reads CSV with the header `t,x` (or more coordinates), as `names` has them: `t` first. Times are from 0 to `end_time`,
    /// ascending. `source` is what error messages call it.
    ///
    /// # Errors
    /// Anything else; the message names the line and what is wrong with it.
    pub fn from_csv(source: &str, bytes: &[u8], names: &[&str], end_time: f64) -> Result<Self> {
        let text = std::str::from_utf8(bytes).with_context(|| format!("{source}: not a text file"))?;
        let mut lines = text.trim_start_matches('\u{feff}').lines().enumerate().map(|(i, line)| (i + 1, line.trim()));
        let mut lines = lines.by_ref().filter(|(_, line)| !line.is_empty());
        let header = names.join(",");
        let (_, first) =
            lines.next().with_context(|| format!("{source}: empty; the first line has to be '{header}'"))?;
        let found: Vec<&str> = first.split(',').map(str::trim).collect();
        ensure!(found == names, "{source}: line 1: '{first}'; the first line has to be '{header}'");
        let (mut times, mut values) = (vec![], vec![]);
        for (number, line) in lines {
            let cells: Vec<&str> = line.split(',').map(str::trim).collect();
            ensure!(
                cells.len() == names.len(),
                "{source}: line {number}: {} values, expected {}: {header}",
                cells.len(),
                names.len()
            );
            let cell = |(cell, name): (&&str, &&str)| -> Result<f64> {
                let value = cell.parse::<f64>().ok().filter(|v| v.is_finite());
                value.with_context(|| format!("{source}: line {number}: '{cell}' for {name} is no finite number"))
            };
            let row = cells.iter().zip(names).map(cell).collect::<Result<Vec<_>>>()?;
            let (t, before) = (row[0], times.last().copied().unwrap_or(0.0));
            ensure!(
                (0.0..=end_time).contains(&t),
                "{source}: line {number}: t = {t} is outside of 0 … {end_time} (see --end-time)"
            );
            ensure!(t >= before, "{source}: line {number}: t = {t} after t = {before}; times have to ascend");
            times.push(t);
            values.push(row[1..].to_vec());
        }
        ensure!(!times.is_empty(), "{source}: no data below the first line");
        Ok(Self { times, values })
    }

    /// Coordinate `i` at all times.
    pub fn coordinate(&self, i: usize) -> Vec<f64> {
        self.values.iter().map(|row| row[i]).collect()
    }
}

/// The states `[places, …]` at the given [`place`]s, from those at steps 0 … N, `[N + 1, …]` and contiguous: a state itself where a
/// place is on the grid, a weighted mean of its two neighbours elsewhere.
pub fn states_at(places: &[(usize, f64)], states: &Tensor) -> Result<Tensor> {
    let row = |later: usize| -> Result<Tensor> {
        let steps: Vec<u32> = places.iter().map(|(before, _)| (before + later) as u32).collect();
        Ok(states.index_select(&Tensor::new(steps, states.device())?, 0)?)
    };
    let before = row(0)?;
    if places.iter().all(|(_, towards)| *towards == 0.0) {
        return Ok(before);
    }
    let mut shape = vec![1; states.rank()];
    shape[0] = places.len();
    let towards = Tensor::from_iter(places.iter().map(|(_, towards)| *towards), states.device())?.reshape(shape)?;
    Ok((&before + (row(1)? - &before)?.broadcast_mul(&towards)?)?)
}

/// The step before time `t`, of `num_steps`, and how far t is towards the next one, from 0 to 1.
pub fn place(t: f64, step_size: f64, num_steps: usize) -> (usize, f64) {
    let place = t / step_size;
    let place = if (place - place.round()).abs() < 1e-9 { place.round() } else { place }; // i·h is on the grid
    let before = (place.floor() as usize).min(num_steps - 1);
    (before, place - before as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_good_file_is_read_and_a_bad_one_says_where() -> Result<()> {
        let read = |text: &str| Observations::from_csv("--data d.csv", text.as_bytes(), &["t", "x"], 1.0);
        let good = read("\u{feff}t, x\r\n0.1, 1.5\r\n\r\n0.25,2e0\r\n")?;
        assert_eq!((good.times.as_slice(), good.coordinate(0)), (&[0.1, 0.25][..], vec![1.5, 2.0]));
        let message = |text: &str| read(text).unwrap_err().to_string();
        assert_eq!(message(""), "--data d.csv: empty; the first line has to be 't,x'");
        assert_eq!(message("time,x\n"), "--data d.csv: line 1: 'time,x'; the first line has to be 't,x'");
        assert_eq!(message("t,x\n"), "--data d.csv: no data below the first line");
        assert_eq!(message("t,x\n0.1,1\n0.2\n"), "--data d.csv: line 3: 1 values, expected 2: t,x");
        assert_eq!(message("t,x\n0.1,one\n"), "--data d.csv: line 2: 'one' for x is no finite number");
        assert_eq!(message("t,x\n0.1,nan\n"), "--data d.csv: line 2: 'nan' for x is no finite number");
        assert_eq!(message("t,x\n1.5,1\n"), "--data d.csv: line 2: t = 1.5 is outside of 0 … 1 (see --end-time)");
        assert_eq!(message("t,x\n0.5,1\n0.4,1\n"), "--data d.csv: line 3: t = 0.4 after t = 0.5; times have to ascend");
        let binary = Observations::from_csv("--data d.csv", &[0xff, 0xfe, 0], &["t", "x"], 1.0);
        assert_eq!(binary.unwrap_err().to_string(), "--data d.csv: not a text file");
        Ok(())
    }

    #[test]
    fn states_at_other_times_are_weighted_means() -> Result<()> {
        let times = [0.0, 0.3, 0.55, 1.0];
        let places = times.map(|t| place(t, 0.1, 10));
        let states = Tensor::from_iter((0..=10).flat_map(|i| [0.1 * f64::from(i), 1.0]), &candle_core::Device::Cpu)?;
        let states = states.reshape((11, 2))?; // (t, 1) at time t
        for (row, t) in states_at(&places, &states)?.to_vec2::<f64>()?.iter().zip(times) {
            assert!((row[0] - t).abs() < 1e-15 && row[1] == 1.0, "{row:?} at {t}");
        }
        let on_grid = states_at(&places[..2], &states.narrow(1, 0, 1)?.squeeze(1)?.contiguous()?)?;
        assert_eq!(on_grid.to_vec1::<f64>()?, [0.0, 0.1 * 3.0]);
        Ok(())
    }
}
