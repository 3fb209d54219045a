"""Writes the tables of docs/ACCURACY.md and README.md: ``make accuracy``, where the evaluation data are.

Runs the scorer that lies beside the data (IMU_HINGE_DATA, or ../shared/data beside the repository) on every recording
with known truth, for every set of clips, and takes the numbers of the filters and of our own simulator's people from
benchmarks/results/latest.json.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("IMU_HINGE_DATA", ROOT.parent / "shared" / "data"))
SCORER = DATA.parent / "score" / "score.py"
RUNS = {
    "sim_all": ("sim", "all"),
    "sim_thigh_pelvis": ("sim", "thigh,pelvis"),
    "sim_thigh_back": ("sim", "thigh,back"),
    "real_all": ("real", "all"),
}
FAULT_WORDS = {
    "rounded": "rounded back",
    "butt_wink": "butt wink",
    "arched": "arched back",
    "spine_first": "spine first",
    "hyperextended_lockout": "over-extended lockout",
    "incomplete_lockout": "incomplete lockout",
}


def score(folder: str, clips: str) -> dict[str, Any]:
    """What the scorer says."""
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "score.json"
        command = [sys.executable, str(SCORER), "--data", str(DATA / folder), "--clips", clips, "--json", str(out)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        found: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
        return found


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of Markdown, numbers to the right."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, rule, *rows))


def number(value: float | None, digits: int = 1) -> str:
    """A number, or a dash where nothing is told."""
    return "–" if value is None or value != value else f"{value:.{digits}f}"


def per_recording(found: dict[str, Any]) -> str:
    """One line a recording, and the whole."""
    total = found["total"]
    rows = [
        [
            r["name"],
            f"{r['found']}/{r['true']}",
            str(r["ghosts"]),
            f"{r['start_err']:.2f} / {r['end_err']:.2f}",
            number(r["hip_rmse"]),
            number(r["lumbar_rmse"]),
            number(r["bottom_rmse"]),
        ]
        for r in found["rows"]
    ]
    rows.append(
        [
            "**together**",
            f"{total['reps_found']}/{total['reps_true']}",
            str(total["ghosts"]),
            f"{total['boundary_s']:.3f}",
            number(total["hip_rmse"], 2),
            number(total["lumbar_rmse"], 2),
            number(total["bottom_rmse"], 2),
        ]
    )
    head = ("recording", "reps found", "ghosts", "start / end, s", "hip RMSE", "lumbar RMSE", "lumbar at the bottom")
    return table(head, rows)


def faults(found: dict[str, Any]) -> str:
    """How often each fault of the truth was named."""
    named = found["total"]["faults"]
    rows = [[FAULT_WORDS[k], str(v["n"]), f"{100 * v['sensitivity']:.0f} %"] for k, v in named.items() if k != "good"]
    if "good" in named:
        rows.append(["good reps left alone", str(named["good"]["n"]), f"{100 * named['good']['specificity']:.0f} %"])
    return table(("truth", "reps", "named"), rows)


def filters() -> str:
    """The filters on BROAD, as last measured."""
    latest = json.loads((ROOT / "benchmarks" / "results" / "latest.json").read_text(encoding="utf-8"))
    rows = [[name, number(row["whole_deg"], 2), number(row["minute_deg"], 2)] for name, row in latest["broad"].items()]
    return table(("filter", "whole trials", "first minute of movement"), rows)


def simulated(name: str) -> str:
    """A table of the benchmarks over people of our own simulator, as last measured."""
    latest = json.loads((ROOT / "benchmarks" / "results" / "latest.json").read_text(encoding="utf-8"))
    head, *rows = latest[name]["table"]
    return table(head, rows)


def overview(scores: dict[str, dict[str, Any]]) -> str:
    """The table of README.md."""
    broad = json.loads((ROOT / "benchmarks" / "results" / "latest.json").read_text(encoding="utf-8"))["broad"]
    sim, pair, two, real = (scores[k]["total"] for k in ("sim_all", "sim_thigh_pelvis", "sim_thigh_back", "real_all"))
    simulated = "seven simulated coached sessions of an independent simulator"
    bows = next(r for r in scores["real_all"]["rows"] if "bows" in r["name"])
    squats = next(r for r in scores["real_all"]["rows"] if "squats" in r["name"])
    rows = [
        [f"lumbar flexion at the bottom, thigh and back clip: {simulated}", f"{two['bottom_rmse']:.1f}° RMSE"],
        ["hip flexion, thigh and back clip: the same sessions", f"{two['hip_rmse']:.1f}° RMSE"],
        ["how often their 90 % interval for the bottom holds the truth: the same", f"{100 * two['cover90']:.0f} %"],
        ["hip, lumbar, lumbar at the bottom, three clips: the same", _three(sim)],
        [
            "reps found, reps that were none: the same",
            f"{sim['reps_found']} of {sim['reps_true']}, {sim['ghosts']}",
        ],
        ["start and end of a rep: the same", f"{sim['boundary_s']:.3f} s off on average"],
        ["hip flexion, thigh and pelvis: the same", f"{pair['hip_rmse']:.2f}° RMSE"],
        [
            "hip, lumbar, three clips: real bows (evaluation-only data set)",
            f"{bows['hip_rmse']:.1f}°, {bows['lumbar_rmse']:.1f}° RMSE",
        ],
        [
            "hip, lumbar, three clips: real squats (evaluation-only data set)",
            f"{squats['hip_rmse']:.1f}°, {squats['lumbar_rmse']:.1f}° RMSE",
        ],
        [
            "inclination of one clip in motion, live and afterwards: BROAD",
            f"{broad['vqf, causal']['whole_deg']:.2f}°, {broad['vqf, two-pass']['whole_deg']:.2f}° RMSE",
        ],
    ]
    assert real["errors"] == 0
    return table(("what, on what", "measured"), rows)


def _three(sim: dict[str, Any]) -> str:
    return f"{sim['hip_rmse']:.1f}°, {sim['lumbar_rmse']:.1f}°, {sim['bottom_rmse']:.1f}° RMSE"


def fill(page: Path, blocks: dict[str, str]) -> None:
    """Replace what stands between ``<!-- name -->`` and ``<!-- /name -->``."""
    text = page.read_text(encoding="utf-8")
    for name, block in blocks.items():
        text, count = re.subn(
            rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", lambda m, b=block: f"{m[1]}{b}\n{m[2]}", text, flags=re.DOTALL
        )
        if count != 1:
            raise SystemExit(f"{page.name} has no place for {name}")
    page.write_text(text, encoding="utf-8")


def main() -> None:
    """Score everything and write both pages."""
    if not SCORER.is_file():
        raise SystemExit("the evaluation data and their scorer are not here (set IMU_HINGE_DATA)")
    scores = {name: score(*run) for name, run in RUNS.items()}
    fill(ROOT / "README.md", {"accuracy": overview(scores)})
    blocks = {name: per_recording(found) for name, found in scores.items()}
    blocks |= {name: simulated(name) for name in ("ablation", "conditions")}
    fill(
        ROOT / "docs" / "ACCURACY.md",
        {
            **blocks,
            "faults": faults(scores["sim_all"]),
            "faults_thigh_back": faults(scores["sim_thigh_back"]),
            "filters": filters(),
        },
    )


if __name__ == "__main__":
    main()
