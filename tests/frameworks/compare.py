"""Our programs against JAX and PyTorch: the same trainings in turn, several rounds, medians and ratios as Markdown tables.

Usage: python3 tests/frameworks/compare.py [--rounds N] [--tasks NAME …] [--frameworks jax torch] [--variants NAME …] [--python PATH]
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from trainings import LABELS, VARIANTS

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / "target" / "frameworks-venv"
OURS = "this repository"
FRAMEWORKS = ["jax", "torch"]

# Our side, in this one place. The bench prints {"first_s", "again_s", "loss"} as its last line.
BUILD = [["cargo", "build", "--release", "--bins"], ["cargo", "bench", "--bench", "frameworks", "--no-run"]]
TRAINING = ["cargo", "bench", "--quiet", "--bench", "frameworks", "--"]
# The whole program, with the baselines, figures and files that belong to the section.
PROGRAMS = {
    "regression": ["sec2_4_4_regression"],
    "rbf": ["sec2_5_1_rbf"],
    "three_layer_nn": ["sec2_5_2_three_layer_nn"],
    "least_squares": ["sec3_du_gd_least_squares", "--period", "8"],
    "projected_gradient": ["sec3_du_pgd"],
    "rastrigin": ["sec3_rastrigin", "--num-updates", "10"],
    "ista": ["sec4_du_ista"],
    "bqp": ["sec4_du_bqp"],
    "jacobi": ["sec4_du_jacobi", "--period", "8"],
    "belief_propagation": ["sec5_bp_train"],
    "sde": ["sec5_du_stabilize_sde"],
    "digits": ["sec5_mnist_reconstruction"],
    "consensus": ["sec5_du_consensus"],
    "lotka_volterra": ["sec6_du_euler_lv"],
    "rayleigh_ritz": ["sec6_du_rr"],
    "control": ["sec6_du_vo"],
    "neural_ode": ["sec6_neural_ode"],
}


def note(text):
    print(text, file=sys.stderr, flush=True)


def python_with_frameworks(given):
    if given:
        return given
    python = VENV / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    note(f"JAX and PyTorch in {VENV.relative_to(ROOT)} (installed once; several GB with PyTorch's default build)")
    subprocess.run([python, "-m", "pip", "install", "-q", "-r", Path(__file__).with_name("requirements.txt")], check=True)
    return python


def run_framework(python, framework, task, variant, data):
    """One process: `process_s` is its life until the first training is done."""
    begin = time.perf_counter()
    command = [python, Path(__file__).with_name("trainings.py"), framework, task, variant, data]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        first = child.stdout.readline()
        process = time.perf_counter() - begin
        again = child.stdout.readline()
    if child.returncode:
        raise SystemExit(f"{framework} {task} {variant} failed")
    return json.loads(first) | json.loads(again) | {"process_s": process}


def run_ours(task, data):
    environment = os.environ | {"SAVE_DATA": data}
    bench = subprocess.run([*TRAINING, task], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
    result = json.loads(bench.stdout.splitlines()[-1])
    name, *arguments = PROGRAMS[task]
    with tempfile.TemporaryDirectory() as out:
        begin = time.perf_counter()
        child = subprocess.Popen([ROOT / "target" / "release" / name, *arguments, "--quiet", "--out", Path(out) / "run"])
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - begin
    if child.returncode:
        raise SystemExit(f"{name} failed")
    # Linux counts the parent's memory at the start as the child's: an upper bound.
    return result | {"process_s": seconds, "peak_mib": usage.ru_maxrss / 1024}


def seconds(value):
    if value is None:
        return "–"
    return f"{value * 1e3:.2g} ms" if value < 0.01 else f"{value * 1e3:.0f} ms" if value < 1 else f"{value:.1f} s"


def ratio(ours, theirs):
    return "–" if ours is None or theirs is None else f"{ours / theirs:.2g}"


def tables(tasks, results):
    """Three tables: times of the training, of the whole process with its memory, and final losses."""
    medians = {}
    for task in tasks:
        medians[task] = {}
        for name, rounds in results[task].items():
            keys = [key for key in (rounds[0] if rounds else {}) if key.endswith(("_s", "_mib", "loss"))]
            medians[task][name] = {key: statistics.median(r[key] for r in rounds) for key in keys}
    yield "| training | by | first run | repeated run | ours / it |"
    yield "|---|---|--:|--:|--:|"
    for task in tasks:
        ours = medians[task][OURS]
        for name, row in medians[task].items():
            share = "" if name == OURS else ratio(ours.get("again_s"), row.get("again_s"))
            yield f"| {task} | {name} | {seconds(row.get('first_s'))} | {seconds(row.get('again_s'))} | {share} |"
    yield ""
    yield "| training | by | start | whole process | ours / it | peak memory |"
    yield "|---|---|--:|--:|--:|--:|"
    for task in tasks:
        ours = medians[task][OURS]
        for name, row in medians[task].items():
            share = "" if name == OURS else ratio(ours.get("process_s"), row.get("process_s"))
            memory = f"{row['peak_mib']:.0f} MiB" if "peak_mib" in row else "–"
            times = f"{seconds(row.get('import_s'))} | {seconds(row.get('process_s'))}"
            yield f"| {task} | {name} | {times} | {share} | {memory} |"
    yield ""
    yield "| training | final loss, this repository | largest relative difference, JAX | PyTorch | among the forms of each |"
    yield "|---|--:|--:|--:|--:|"
    for task in tasks:
        ours = medians[task][OURS]["loss"]
        cells, among = [], []
        for framework in ("JAX", "PyTorch"):
            found = [row["loss"] for name, row in medians[task].items() if name.startswith(framework) and "loss" in row]
            cells.append(f"{max(abs(loss / ours - 1) for loss in found):.1e}" if found else "–")
            among += [abs(max(found) / min(found) - 1)] if len(found) > 1 else []
        cells.append(f"{max(among):.1e}" if among else "–")
        yield f"| {task} | {ours:.6g} | {' | '.join(cells)} |"


def machine(python):
    lines = (line.split(":", 1) for line in open("/proc/cpuinfo") if line.startswith(("model name", "flags")))
    info = {key.strip(): value.strip() for key, value in lines}
    cpu, flags = info.get("model name", platform.machine()), info.get("flags", "").split()
    cpu += next((f" ({name})" for flag, name in (("avx512f", "AVX-512"), ("avx2", "AVX2")) if flag in flags), "")
    versions = (
        "import importlib.metadata as m; print(*(f'{n} {m.version(n)}' for n in ('jax', 'optax', 'torch', 'numpy')), sep=', ')"
    )
    packages = subprocess.run([python, "-c", versions], check=True, capture_output=True, text=True).stdout.strip()
    rustc = subprocess.run(["rustc", "--version"], capture_output=True, text=True).stdout.strip()
    return f"{cpu}, {os.cpu_count()} cores; {rustc}; Python {platform.python_version()}, {packages}."


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="how often each training is run, in turn (default 5)")
    parser.add_argument("--tasks", nargs="+", choices=VARIANTS, default=list(VARIANTS), metavar="NAME", help=", ".join(VARIANTS))
    parser.add_argument("--frameworks", nargs="+", choices=FRAMEWORKS, default=FRAMEWORKS, help="default: both")
    parser.add_argument("--variants", nargs="+", choices=LABELS, default=list(LABELS), metavar="NAME", help=", ".join(LABELS))
    parser.add_argument("--python", help="an interpreter that has the packages of requirements.txt, instead of a new environment")
    args = parser.parse_args()
    python = python_with_frameworks(args.python)
    for command in BUILD:
        subprocess.run(command, cwd=ROOT, check=True)
    results = {}
    data = tempfile.TemporaryDirectory()  # what our side trains on, for the others
    for number in range(args.rounds):
        for task in args.tasks:
            rows = results.setdefault(task, {})
            contenders = {OURS: lambda task=task: run_ours(task, data.name)}
            for framework, variants in zip(args.frameworks, (VARIANTS[task][FRAMEWORKS.index(f)] for f in args.frameworks)):
                for variant in filter(args.variants.__contains__, variants):
                    contenders[LABELS[variant]] = partial(run_framework, python, framework, task, variant, data.name)
            for name, contender in contenders.items():
                load = os.getloadavg()[0]
                rows.setdefault(name, []).append(contender())
                note(f"round {number + 1}/{args.rounds}, load {load:.1f}: {task}, {name}: {json.dumps(rows[name][-1])}")
    print(machine(python), f"{args.rounds} rounds, medians.\n")
    print("\n".join(tables(args.tasks, results)))
    (ROOT / "target" / "frameworks.json").write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
