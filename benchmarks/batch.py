"""Thousands of recordings: one process, two, two Dask workers, and what a batch costs beside the bare analysis."""

from __future__ import annotations

import argparse
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.tables import Outcome
from imu_hinge.batch.local import LocalWorkers

__all__ = ["measure"]

RECORDINGS: Final = 2000
ROUNDS: Final = 2
"""The recordings are shared out to rounds in which every way has its turn, so that a busy minute falls on all."""
BARE: Final = 100
"""Recordings of each round analysed without a batch."""
WAYS: Final = {
    "one process": ["--jobs", "1"],
    "two processes": ["--jobs", "2"],
    "two Dask workers": ["--scheduler"],
}
CLI: Final = "import sys; from imu_hinge.cli.main import main; sys.exit(main())"
ROOT: Final = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Taken:
    """Wall and CPU seconds, of all processes that took part."""

    wall_s: float = 0.0
    cpu_s: float = 0.0

    def __add__(self, other: Taken) -> Taken:
        return Taken(self.wall_s + other.wall_s, self.cpu_s + other.cpu_s)


def make(index_and_path: tuple[int, str]) -> float:
    """A person of their own: a stand, one reference hinge, three deadlifts; the recording's length, s."""
    from imu_hinge.recording.writer import recording_text
    from imu_hinge.simulation import Scenario, simulate_session, with_clips
    from imu_hinge.simulation.program import Between
    from imu_hinge.simulation.sets import SetPlan, plan_reps

    index, path = index_and_path
    calibration = Between("stand", 2.0), Between("reference_hinge", count=1), Between("stand", 1.0)
    reps = plan_reps("good", "rounded:28" if index % 2 else "good", "good")
    plan = Scenario("batch", "A short session.", (*calibration, SetPlan("rdl", reps)))
    arrivals = simulate_session(with_clips(plan, ("thigh", "pelvis")), index).arrivals
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="\n") as text:
        text.writelines(recording_text(arrivals))
    return float(arrivals.time_s.max() - arrivals.time_s.min())


def bare(folder: str) -> Taken:
    """What reading, analysing and writing the first recordings of a folder takes, one after another in one process."""
    from imu_hinge.recording import read_arrivals
    from imu_hinge.report.saving import result_files, result_of
    from imu_hinge.session.output import write_outputs
    from imu_hinge.session.params import SessionParams

    paths = sorted(Path(folder).rglob("*.csv"))[:BARE]
    with tempfile.TemporaryDirectory() as out:
        began, cpu_s = time.perf_counter(), time.process_time()
        for number, path in enumerate(paths):
            result = result_of(read_arrivals(path), None, SessionParams(), None, None)
            write_outputs(Path(out) / str(number), result_files(result, angles=False, report=False))
        return Taken(time.perf_counter() - began, time.process_time() - cpu_s)


def measure(recordings: int = RECORDINGS) -> Outcome:
    """Analyse that many simulated recordings in three ways, as the command line does it."""
    each = recordings // ROUNDS
    done = each * ROUNDS
    taken: dict[str, Taken] = {}
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        recorded_s = float(_itself("--make", str(home), "--recordings", str(done)))
        size = sum(path.stat().st_size for path in home.rglob("*.csv"))
        for number in range(ROUNDS):
            inputs = home / f"round{number}"
            calls = Taken(*map(float, _itself("--bare", str(inputs)).split()))
            taken["bare"] = taken.get("bare", Taken()) + calls
            for way, words in WAYS.items():
                with _cluster(words) as address:
                    command = ["batch", str(inputs), "--out", str(home / f"{way} {number}"), *words, *address]
                    taken[way] = taken.get(way, Taken()) + _timed(command)
            command = ["batch", str(inputs), "--out", str(home / f"two processes {number}")]
            taken["again"] = taken.get("again", Taken()) + _timed(command)
        kept = [path.stat().st_size for path in (home / "two processes 0" / "recordings").rglob("*") if path.is_file()]
    count = min(BARE, each) * ROUNDS
    hours = recorded_s / done / 3600
    rows = [["the bare calls", *_row(taken["bare"], count, hours), "", f"{taken['bare'].cpu_s / count:.3f}"]]
    for way in WAYS:
        cpu = f"{taken[way].cpu_s / done:.3f}" if "Dask" not in way else ""
        times = taken["one process"].wall_s / taken[way].wall_s
        rows.append([way, *_row(taken[way], done, hours), f"{times:.2f}", cpu])
    more = 100 * (taken["one process"].cpu_s / done * count / taken["bare"].cpu_s - 1)
    load = os.getloadavg()[2]
    return Outcome(
        "batch",
        "Many recordings",
        f"{done} simulated recordings, all different, of thigh and pelvis clips, {recorded_s / done:.0f} s on average "
        f"({size / 1e6 / done:.2f} MB), in {ROUNDS} rounds of {each}. The whole command, start and tables included: "
        f"in one process it takes {more:.0f} % more CPU time than the bare calls of read, analyse and write, of which "
        f"{count} were timed. The command again, with nothing to do: {taken['again'].wall_s / ROUNDS:.1f} s. A "
        f"recording's results: {sum(kept) / each / 1e3:.1f} kB. Mean load of the {os.cpu_count()} cores in the last "
        f"quarter of an hour: {load:.1f}; what others take of them is missing here. 'times' is relative to one "
        "process.",
        ("way", "recordings/s", "hours/s", "times", "CPU s each"),
        rows,
        {
            "recordings": done,
            "recorded_s": recorded_s,
            "bytes_each": size / done,
            "kept_bytes_each": sum(kept) / each,
            "bare_calls": count,
            "load": load,
            "ways": {way: {"wall_s": t.wall_s, "cpu_s": t.cpu_s} for way, t in taken.items()},
        },
    )


def _row(taken: Taken, count: int, hours: float) -> tuple[str, str]:
    rate = count / taken.wall_s
    return f"{rate:.2f}", f"{rate * hours:.3f}"


def _timed(words: list[str]) -> Taken:
    """What a command takes; CPU seconds are its own and those of its processes."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, "-c", CLI, *words], check=True, capture_output=True, cwd=ROOT)
    wall_s, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Taken(wall_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


@contextmanager
def _cluster(words: list[str]) -> Iterator[list[str]]:
    """The address of a Dask cluster of two workers where one is asked for; it is there before the clock starts."""
    if "--scheduler" not in words:
        yield []
        return
    command = [sys.executable, "-m", "benchmarks.batch", "--cluster"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        yield [process.stdout.readline().strip()]
        process.send_signal(signal.SIGINT)
        process.wait(30)


def _itself(*words: str) -> str:
    """Output of this module in a fresh process, whose own processes need not import the other benchmarks."""
    command = [sys.executable, "-m", "benchmarks.batch", *words]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout


def main() -> None:
    """One step of ``measure`` in its own process."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--make", type=Path)
    parser.add_argument("--recordings", type=int, default=RECORDINGS)
    parser.add_argument("--bare")
    parser.add_argument("--cluster", action="store_true")
    arguments = parser.parse_args()
    if arguments.make is not None:
        each = arguments.recordings // ROUNDS
        files = [(i, f"{arguments.make}/round{i // each}/team{i % 10}/{i:06d}.csv") for i in range(each * ROUNDS)]
        with LocalWorkers(2) as workers:
            print(sum(length for _, length in workers.run(make, files) if isinstance(length, float)))
    elif arguments.bare:
        with LocalWorkers(1) as workers:
            for _, taken in workers.run(bare, [arguments.bare]):
                assert isinstance(taken, Taken)
                print(taken.wall_s, taken.cpu_s)
    elif arguments.cluster:
        from distributed import LocalCluster

        signal.signal(signal.SIGINT, lambda number, frame: None)  # it ends what waits below
        with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
            print(cluster.scheduler_address, flush=True)
            signal.pause()


if __name__ == "__main__":
    main()
