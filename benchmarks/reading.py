"""Reading one hour of two clips (720 000 rows): time and memory, beside other ways to read numbers.

    python benchmarks/reading.py [--rows 720000]

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


def measure(way: str, path: Path) -> tuple[int, float, float]:
    """Rows, seconds and MiB of one way in a fresh process."""
    rows, seconds, mebibytes = run("--way", way, "--file", str(path)).split()
    return int(rows), float(seconds), float(mebibytes)


def run(*arguments: str) -> str:
    """Output of this script in a fresh process, whose peak memory starts at ours: so ours stays small."""
    command = [sys.executable, __file__, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def report(rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        large, small = Path(folder) / "hour.csv", Path(folder) / "part.csv"
        for path, count in ((large, rows), (small, min(rows, SMALL))):
            run("--write", "--rows", str(count), "--file", str(path))
        print(f"{rows} rows, {large.stat().st_size / 1e6:.0f} MB\n")
        print(f"{'way':16}{'rows':>10}{'s':>9}{'s per hour':>13}{'peak MiB':>11}{'ratio':>8}")
        base = None
        for way in WAYS:
            read, seconds, mebibytes = measure(way, large if way == "imu_hinge" else small)
            per_hour = seconds / read * 720_000
            base = base or per_hour
            print(f"{way:16}{read:10}{seconds:9.2f}{per_hour:13.2f}{mebibytes:11.0f}{per_hour / base:8.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=720_000)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--write", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.write:
        write_session(arguments.file, arguments.rows)
        return
    if arguments.way is None:
        report(arguments.rows)
        return
    start = time.perf_counter()
    rows = WAYS[arguments.way](arguments.file)
    seconds = time.perf_counter() - start
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    print(rows, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit)


if __name__ == "__main__":
    main()
