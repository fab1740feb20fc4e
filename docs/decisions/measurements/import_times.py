"""Wall time of importing a module in a fresh interpreter, over an empty one (decisions 6, 15, 17 and 18).

    python docs/decisions/measurements/import_times.py MODULE [MODULE …]

Several modules joined by `+` are imported together. Medians, interleaved, compiled files present.
"""

import statistics
import subprocess
import sys
import time

ROUNDS = 15


def milliseconds(modules: str) -> float:
    statement = f"import {modules.replace('+', ', ')}" if modules else ""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return (time.perf_counter() - started) * 1000


def main(cases: list[str]) -> None:
    for modules in cases:
        milliseconds(modules)
    rounds = [(milliseconds(""), [milliseconds(modules) for modules in cases]) for _ in range(ROUNDS)]
    print(f"{statistics.median(empty for empty, _ in rounds):6.1f} ms  an empty interpreter")
    for index, modules in enumerate(cases):
        print(f"{statistics.median(times[index] - empty for empty, times in rounds):+6.1f} ms  {modules}")


if __name__ == "__main__":
    main(sys.argv[1:])
