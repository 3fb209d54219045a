"""Reading one hour of two clips (720 000 rows): time and memory, beside other ways to read numbers.

Every way runs in a fresh process; memory is the largest resident set of that process.
"""

from __future__ import annotations

import argparse
import csv
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.tables import Outcome

SMALL = 72_000
"""Rows for the slow ways; their times are scaled up."""


def write_session(path: Path, rows: int) -> None:
    from imu_hinge.recording import ClipSamples, Recording, write_recording

    rng = np.random.default_rng(1)
    count = rows // 2
    clips = {
        name: ClipSamples(
            name,
            site,
            np.arange(count) / 100 + offset,
            rng.normal(0, 8, (count, 3)),
            rng.normal(0, 1, (count, 3)),
        )
        for name, site, offset in (("thigh", "thigh", 0.0012), ("back", "T12", 0.0047))
    }
    write_recording(Recording(path.name, {}, clips), path)


def with_imu_hinge(path: Path) -> int:
    from imu_hinge.recording import read_recording

    return sum(map(len, read_recording(path).clips.values()))


def with_loadtxt(path: Path) -> int:
    skip = next(n for n, line in enumerate(path.open(), start=1) if not line.startswith("#"))
    return len(np.loadtxt(path, delimiter=",", skiprows=skip, usecols=(0, 2, 3, 4, 5, 6, 7)))


def with_csv_module(path: Path) -> int:
    with path.open(newline="") as file:
        rows = csv.reader(line for line in file if not line.startswith("#"))
        next(rows)
        return len(np.array([(float(row[0]), *map(float, row[2:])) for row in rows]))


WAYS: dict[str, Callable[[Path], int]] = {
    "imu_hinge": with_imu_hinge,
    "numpy.loadtxt": with_loadtxt,
    "csv module": with_csv_module,
}


def clock(way: str, path: Path) -> tuple[int, float, float]:
    """Rows, seconds and MiB of one way in a fresh process."""
    rows, seconds, mebibytes = run("--way", way, "--file", str(path)).split()
    return int(rows), float(seconds), float(mebibytes)


def run(*arguments: str) -> str:
    """Output of this module in a fresh process, whose peak memory starts at ours: so ours stays small."""
    command = [sys.executable, "-m", "benchmarks.reading", *arguments]
    root = Path(__file__).resolve().parents[1]
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=root).stdout


def measure(rows: int = 720_000) -> Outcome:
    """One hour read in every way."""
    with tempfile.TemporaryDirectory() as folder:
        large, small = Path(folder) / "hour.csv", Path(folder) / "part.csv"
        for path, count in ((large, rows), (small, min(rows, SMALL))):
            run("--write", "--rows", str(count), "--file", str(path))
        megabytes = large.stat().st_size / 1e6
        found = {way: clock(way, large if way == "imu_hinge" else small) for way in WAYS}
    per_row = {way: seconds / count for way, (count, seconds, _) in found.items()}
    base = per_row["imu_hinge"]
    return Outcome(
        "reading",
        "Reading a recording",
        f"{rows} rows, {megabytes:.0f} MB, each way in a fresh process; the slow ways read a tenth and are scaled up "
        "(their memory is not).",
        ("way", "rows", "s an hour", "peak MiB", "ratio"),
        [
            [way, str(count), f"{rows * per_row[way]:.2f}", f"{mebibytes:.0f}", f"{per_row[way] / base:.1f}"]
            for way, (count, _, mebibytes) in found.items()
        ],
        {way: {"s_an_hour": rows * per_row[way], "peak_mib": mib} for way, (_, _, mib) in found.items()},
    )


def main() -> None:
    """One step of ``measure`` in its own process: write a file, or read it in one way."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int)
    parser.add_argument("--way", choices=WAYS)
    parser.add_argument("--file", type=Path, required=True)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    if arguments.write:
        write_session(arguments.file, arguments.rows)
        return
    import imu_hinge.recording  # noqa: F401  reading is timed, not importing

    start = time.perf_counter()
    rows = WAYS[arguments.way](arguments.file)
    seconds = time.perf_counter() - start
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    print(rows, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit)


if __name__ == "__main__":
    main()
