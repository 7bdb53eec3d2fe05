"""Writes every fixture and prints how well the frameworks agree. Needs requirements.txt; see README.md."""

import importlib

SCRIPTS = (
    "optimizers",
    "regression",
    "rbf",
    "three_layer_nn",
    "least_squares",
    "projected",
    "rastrigin",
    "chapter4",
    "chapter5",
    "differential_equations",
)

if __name__ == "__main__":
    for script in SCRIPTS:
        importlib.import_module(script).main()
