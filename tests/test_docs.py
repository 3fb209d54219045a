"""Every command of the documentation works as written, and what it points to is there."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from imu_hinge.recording import Recording, read_recording

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "recordings" / "README.md", *sorted(ROOT.glob("docs/*.md"))]
WITH_COMMANDS = [page for page in PAGES if "```sh" in page.read_text(encoding="utf-8")]
CALL = "import sys; from imu_hinge.cli.main import main; sys.exit(main())"
ELSEWHERE = ("https://doi.org/", "https://keepachangelog.com/")
LARGEST_PICTURE_BYTES = 300_000


def commands(page: Path) -> Iterator[str]:
    """The lines of the ``sh`` blocks."""
    for block in re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL):
        yield from (line for line in block.splitlines() if line.strip())


@pytest.fixture
def workshop(tmp_path: Path) -> Path:
    """A directory with what a reader has: the demo recordings, and files of other tools."""
    shutil.copytree(ROOT / "recordings", tmp_path / "recordings")
    session = read_recording(tmp_path / "recordings" / "deadlift_session.csv")
    write_foreign(session, tmp_path)
    return tmp_path


def write_foreign(session: Recording, folder: Path) -> None:
    time_s = np.arange(1.0, session.end_s - 1.0, 0.01)
    wide, archive = {"time_s": time_s}, {}
    for name, clip in session.clips.items():
        acc, gyr = (
            np.stack([np.interp(time_s, clip.time_s, v) for v in values.T], axis=1)
            for values in (clip.acc_m_s2, clip.gyr_rad_s)
        )
        acc_g, gyr_deg_s = acc / 9.80665, np.rad2deg(gyr)
        wide |= {f"{name}_acc_{axis}": acc_g[:, i] for i, axis in enumerate("xyz")}
        wide |= {f"{name}_gyr_{axis}": gyr_deg_s[:, i] for i, axis in enumerate("xyz")}
        archive |= {f"{name}_acc_m_s2": acc, f"{name}_gyr_deg_s": gyr_deg_s, f"{name}_time_s": time_s}
        for sensor, unit, values in (("Accelerometer", "g", acc_g), ("Gyroscope", "deg/s", gyr_deg_s)):
            epoch_ms = np.round(1.6e12 + 1000 * time_s)
            write_table(
                folder / f"{name}_{sensor}.csv",
                {"epoch (ms)": epoch_ms, **{f"{axis}-axis ({unit})": values[:, i] for i, axis in enumerate("xyz")}},
            )
    write_table(folder / "both_clips.csv", wide)
    np.savez(folder / "clips.npz", **archive)


def write_table(path: Path, columns: dict[str, np.ndarray]) -> None:
    rows = (",".join(f"{value:.15g}" for value in row) for row in np.column_stack(list(columns.values())))
    path.write_text("\n".join([",".join(columns), *rows]) + "\n", encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("page", WITH_COMMANDS, ids=lambda page: page.name)
def test_commands_work_as_written(page: Path, workshop: Path) -> None:
    run = 0
    for command in commands(page):
        for part in command.split(" && "):
            words = re.sub(r"^(\.venv/bin/)?imu-hinge ", "", part)
            if words == part:
                continue  # make and pip: CI itself runs them
            line = f"{shlex.quote(sys.executable)} -c '{CALL}' {words.replace('--speed 8', '--speed max')}"
            done = subprocess.run(line, shell=True, cwd=workshop, capture_output=True, text=True, timeout=300)
            assert done.returncode == 0, f"{part}\n{done.stderr}"
            assert done.stderr == "", part
            run += 1
    assert run > 0
    summaries = list(workshop.glob("**/summary.json"))
    assert summaries
    for summary in summaries:
        assert json.loads(summary.read_text(encoding="utf-8"))["sets"], summary.parent.name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if not target.startswith(ELSEWHERE):
            assert "://" not in target, target
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_make_targets_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    assert set(re.findall(r"`make ([a-z]+)", page.read_text(encoding="utf-8"))) <= targets


def test_pictures_load_fast() -> None:
    for picture in (ROOT / "docs" / "images").iterdir():
        assert picture.stat().st_size < LARGEST_PICTURE_BYTES, picture.name
        if picture.suffix == ".svg":
            text = picture.read_text(encoding="utf-8")
            assert "url(http" not in text, picture.name
