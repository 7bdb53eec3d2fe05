#!/usr/bin/env python3
"""What two changes in candle would give: `python3 tests/candle/measure.py > docs/measured/candle.txt`.

Copies candle-core as the workspace uses it and the workspace itself to target/candle, changes `backprop.rs` in the copy, builds
the benchmark with it once, and runs it as released and with each change in turn. The tree stays as it is.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
COPY = ROOT / "target" / "candle"
ROUNDS = 3

# backward() begins each gradient as zeros and adds to them; here the first contribution is taken as it is.
ADDED_TO_ZEROS = re.compile(r"let (\w*sum_grad) = grads\.or_insert\((\w+)\)\?;\s*\*\1 = \1\.add\(&(.+?)\)\?;?\n")
TAKEN = r"grads.accumulate(\2, &\3)?;\n"

ACCUMULATE = """
    fn accumulate(&mut self, tensor: &Tensor, grad: &Tensor) -> Result<()> {
        if change() == 0 {
            let sum = self.or_insert(tensor)?;
            *sum = sum.add(grad)?;
            return Ok(());
        }
        match self.0.entry(tensor.id()) {
            Entry::Occupied(mut sum) => {
                let new = sum.get().add(grad)?;
                sum.insert(new);
            }
            Entry::Vacant(place) => {
                place.insert(grad.contiguous()?);
            }
        }
        Ok(())
    }
"""

# 0: as released, 1: the first contribution is taken, 2: and ids are hashed by one multiplication.
SWITCH = """
fn change() -> u8 {
    static CHANGE: std::sync::OnceLock<u8> = std::sync::OnceLock::new();
    *CHANGE.get_or_init(|| std::env::var("CHANGE").ok().and_then(|text| text.parse().ok()).unwrap_or(0))
}

#[derive(Clone, Debug, Default)]
pub struct Ids(std::hash::RandomState);

pub enum IdHash {
    Std(std::hash::DefaultHasher),
    Product(u64),
}

impl std::hash::BuildHasher for Ids {
    type Hasher = IdHash;

    fn build_hasher(&self) -> IdHash {
        if change() < 2 { IdHash::Std(self.0.build_hasher()) } else { IdHash::Product(0) }
    }
}

impl std::hash::Hasher for IdHash {
    fn finish(&self) -> u64 {
        match self {
            Self::Std(hasher) => hasher.finish(),
            Self::Product(product) => *product,
        }
    }

    fn write(&mut self, bytes: &[u8]) {
        match self {
            Self::Std(hasher) => hasher.write(bytes),
            Self::Product(_) => unreachable!("ids are numbers"),
        }
    }

    fn write_usize(&mut self, id: usize) {
        match self {
            Self::Std(hasher) => hasher.write_usize(id),
            Self::Product(product) => *product = (id as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15),
        }
    }
}
"""


def output(*command, **options):
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True, **options).stdout


def build():
    """The benchmark `tables`, with a copy of candle that has the switch."""
    packages = json.loads(output("cargo", "metadata", "--format-version", "1", "--locked"))["packages"]
    candle = next(Path(package["manifest_path"]).parent for package in packages if package["name"] == "candle-core")
    tree = COPY / "workspace"
    for place in [COPY / "candle-core", tree]:
        shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(candle, COPY / "candle-core")
    tree.mkdir(parents=True)
    archive = subprocess.Popen(["git", "archive", "HEAD"], cwd=ROOT, stdout=subprocess.PIPE)
    subprocess.run(["tar", "-x", "-C", tree], stdin=archive.stdout, check=True)

    file = COPY / "candle-core" / "src" / "backprop.rs"
    text, count = ADDED_TO_ZEROS.subn(TAKEN, file.read_text())
    assert count > 40, f"{count} places: not the candle that this was written for"
    text = text.replace("sum_grad.dims()", "arg.dims()")
    text = text.replace("HashMap<TensorId, Tensor>", "HashMap<TensorId, Tensor, Ids>")
    text = text.replace("HashMap<TensorId, bool>", "HashMap<TensorId, bool, Ids>").replace("HashMap::new()", "HashMap::default()")
    text = text.replace("impl GradStore {", "impl GradStore {" + ACCUMULATE, 1)
    file.write_text(text + SWITCH)

    patch = f'patch.crates-io.candle-core.path="{COPY / "candle-core"}"'
    command = ["cargo", "bench", "--no-run", "--bench", "tables", "-p", "tests", "--config", patch, "--message-format", "json"]
    environment = os.environ | {"CARGO_TARGET_DIR": str(COPY / "target")}
    messages = subprocess.run(command, cwd=tree, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
    built = [json.loads(line) for line in messages.splitlines()]
    return next(m["executable"] for m in built if m.get("executable") and m["target"]["name"] == "tables")


def rows(program, change):
    """Training and threads → milliseconds by hand, of the section, in plain candle (or none)."""
    table = output(program, "--bench", "handwritten", env=os.environ | {"CHANGE": str(change)})
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    return {(name, threads): [milliseconds(cell) for cell in rest[:3]] for name, threads, *rest in cells}


def milliseconds(cell):
    return float(cell.removesuffix(" ms")) if cell.endswith("ms") else None


def median(values):
    return sorted(values)[len(values) // 2]


def main():
    program = build()
    rounds = [[rows(program, change) for change in range(3)] for _ in range(ROUNDS)]
    print("| training | threads | as released | first contribution taken | and ids hashed by a product |")
    print("|---|--:|--:|--:|--:|")
    for key in rounds[0][0]:
        for form, label in [(1, "{}"), (2, "{}, plain candle")]:
            if rounds[0][0][key][form] is None:
                continue
            ratios = [median([one[change][key][form] / one[change][key][0] for one in rounds]) for change in range(3)]
            name = label.format(key[0])
            print(f"| {name} | {key[1]} | " + " | ".join(f"{ratio:.2f}" for ratio in ratios) + " |")


if __name__ == "__main__":
    sys.exit(main())
