"""``python -m benchmarks``: measure, print one page of tables, keep it in RESULTS.md and results/latest.json."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import scipy

import imu_hinge
from benchmarks import (
    ablation,
    arrivals,
    batch,
    broad,
    clocks,
    decoding,
    hour,
    live_cues,
    live_session,
    reading,
    recorded,
    separation_speed,
    soak,
    sound,
    streaming,
)
from benchmarks.tables import Outcome, markdown

HERE = Path(__file__).resolve().parent
BENCHMARKS: dict[str, Callable[[], Outcome | None]] = {
    "reading": reading.measure,  # first: a process that starts others hands its own peak memory on
    "hour": hour.measure,
    "streaming": streaming.measure,
    "separation_speed": separation_speed.measure,
    "decoding": decoding.measure,
    "clocks": clocks.measure,
    "arrivals": arrivals.measure,
    "live_session": live_session.measure,
    "live_cues": live_cues.measure,
    "soak": soak.measure,
    "sound": sound.measure,
    "ablation": ablation.measure,
    "conditions": ablation.measure_conditions,
    "batch": batch.measure,
    "recorded": recorded.measure,
    "broad": broad.measure,
}


def main() -> int:
    """Run the named benchmarks, or all; what runs is kept where all do, or where it is asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(BENCHMARKS)}; all by default")
    parser.add_argument(
        "--people", type=int, default=ablation.PEOPLE, help="simulated people in ablation and conditions (%(default)s)"
    )
    parser.add_argument("--keep", action="store_true", help="keep the named ones beside what the others last were")
    arguments = parser.parse_args()
    names, people = arguments.names, arguments.people
    if people < 1:
        parser.error("--people needs at least one")
    benchmarks: dict[str, Callable[[], Outcome | None]] = {
        **BENCHMARKS,
        "ablation": lambda: ablation.measure(people),
        "conditions": lambda: ablation.measure_conditions(people),
    }
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    outcomes = []
    for name in names or BENCHMARKS:
        outcome = benchmarks[name]()
        if outcome is None:
            print(f"{name}: its data are not here (set IMU_HINGE_DATA)", file=sys.stderr)
            continue
        outcomes.append(outcome)
        print(markdown(outcome), flush=True)
    if arguments.keep or not names:
        keep(outcomes, *(last() if names else ({}, {})))
    return 0


def last() -> tuple[dict[str, str], dict[str, object]]:
    """The sections by heading and the numbers by name, as kept last."""
    page = (HERE / "RESULTS.md").read_text(encoding="utf-8").split("\n## ")[1:]
    numbers = json.loads((HERE / "results" / "latest.json").read_text(encoding="utf-8"))
    return {part.split("\n")[0]: f"## {part.rstrip()}\n" for part in page}, numbers


def keep(outcomes: list[Outcome], sections: dict[str, str], numbers: dict[str, object]) -> None:
    """Write both files: ``outcomes``, and of the rest ``sections`` by heading and ``numbers`` by name."""
    machine = {
        "imu_hinge": imu_hinge.__version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
    }
    head = (
        "# Benchmarks\n\n"
        "Made by `make bench`; run it again after a change and compare. Seconds belong to the machine they were "
        "measured on\n(" + ", ".join(f"{k} {v}" for k, v in machine.items()) + "), ratios less so.\n"
    )
    sections = sections | {o.title: markdown(o) for o in outcomes}
    (HERE / "RESULTS.md").write_text("\n".join([head, *sections.values()]), encoding="utf-8")
    latest = {**numbers, "machine": machine, **{o.name: o.numbers for o in outcomes}}
    (HERE / "results").mkdir(exist_ok=True)
    (HERE / "results" / "latest.json").write_text(json.dumps(latest, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
