"""Views as a session puts them, for tests and for pictures of the page.

``python tests/live/page/demo_views.py out/page`` takes a picture of every scene; ``--serve`` plays a set on a loop.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from imu_hinge.live.view import (
    Board,
    BodyView,
    ClipView,
    CueView,
    Limits,
    Measured,
    Notice,
    Phase,
    Prompt,
    RepView,
    SetSummary,
    View,
)

CLIPS: Final = (
    ClipView("thigh", "ok", "streaming", "200 Hz", "", 82, 200.0, 0.001, 0.4),
    ClipView("pelvis", "ok", "streaming", "200 Hz", "", 64, 200.0, 0.0, 0.4),
    ClipView("back", "ok", "streaming", "200 Hz", "", 71, 199.8, 0.002, 0.5),
)
LIMITS: Final = Limits(-24.0, -15.0, 14.0, 22.0)
SET_KEYS: Final = ("space: end the set", "u: undo a rep", "m: mark", "q: stop")


def body(depth: float, lumbar: float = 2.0, state: str = "neutral", **other: Any) -> BodyView:
    """A hinge to a share of its depth, with lumbar flexion in degrees."""
    pelvis, thigh = 55.0 * depth, -22.0 * depth
    whole = BodyView(
        None,
        thigh,
        pelvis,
        pelvis + lumbar,
        Measured(pelvis - thigh, 2.2),
        Measured(lumbar, 2.6),
        state,
        LIMITS,
        74.0,
        depth > 0.1,
    )
    return replace(whole, **other)


def rep(number: int, verdict: str = "good", words: str = "Good", advice: str = "", severity: str = "") -> RepView:
    """A rep that ended."""
    return RepView(number, verdict, words, advice, Measured(72, 2.1), Measured(6, 2.5), "1.8 – 0.2 – 1.1 s", severity)


ROUNDED: Final = rep(
    7,
    "faulty",
    "Rounded back",
    "Push the hips further back before you lower, and stop where the lower back begins to round.",
    "red",
)
VERDICTS: Final = ("good", "good", "amber", "good", "cannot_tell", "good", "red")
SUMMARY: Final = SetSummary(
    "rdl",
    60.0,
    8,
    6,
    "6 of 8 reps good",
    ("rounded back in 2 reps", "the lower back crept by +6° over the set"),
    "Push the hips further back before you lower, and stop where the lower back begins to round.",
    120.0,
    (*VERDICTS, "good"),
)
IN_SET: Final = View(
    1,
    Phase.SET,
    90.0,
    "rdl",
    60.0,
    2,
    6,
    4,
    VERDICTS[:6],
    body(0.35),
    Prompt("", keys=SET_KEYS),
    None,
    rep(6),
    None,
    CLIPS,
    calibration="full",
    calibration_age_s=200.0,
    sound="on",
)
RED_CUE: Final = CueView(3, 90.0, "rounded_back", "red", "back flat, hips back", "rounded back +27°")
AMBER_CUE: Final = CueView(4, 90.0, "arched_back", "amber", "ribs down, brace", "arched back −18°")
GOOD_CUE: Final = CueView(5, 90.0, "target_depth", "good", "deep enough", "target depth reached at 75°")
LOST_CLIP: Final = ClipView(
    "back", "bad", "lost", "connection lost", "Come closer to the computer; it connects again by itself.", 9
)


def _prompt(phase: Phase, prompt: Prompt, **other: Any) -> View:
    return replace(
        IN_SET, phase=phase, prompt=prompt, set_number=0, reps=0, good=0, verdicts=(), last_rep=None, **other
    )


SCENES: Final[Mapping[str, View]] = MappingProxyType(
    {
        "connecting": _prompt(
            Phase.CONNECTING,
            Prompt("Connecting", "Looking for the clips: switch them on and keep them close.", keys=("q: stop",)),
            body=BodyView(),
            calibration="none",
            clips=(
                CLIPS[0],
                ClipView("pelvis", "warn", "connecting", "connecting"),
                ClipView("back", "bad", "searching", "not found yet", "Press its button once."),
            ),
        ),
        "calibrating": _prompt(
            Phase.CALIBRATING,
            Prompt(
                "Hinge three times",
                "Slowly push the hips back with a flat back and shins still, and come up again. Then stand.",
                2,
                4,
                0.34,
                "1 of 3 hinges",
                "The second hinge came from the back. Push the hips back further and keep the back flat.",
                ("r: begin again", "q: stop"),
            ),
            body=body(0.6, limits=Limits(), target_hip_deg=None),
            calibration="minimal",
        ),
        "reminder": _prompt(
            Phase.REMINDER,
            Prompt("RDL: yours to watch", "The clips cannot see these.", keys=("space: begin", "l: load", "q: stop")),
            reminders=(
                "feet slightly wider than the shoulders, toes ahead",
                "feel the hamstrings stretch on the way down",
                "squeeze the glutes at the top",
            ),
            body=body(0.0),
        ),
        "set_neutral": replace(IN_SET, body=body(0.9, 4.0)),
        "set_rounded": replace(
            IN_SET,
            reps=7,
            verdicts=VERDICTS,
            last_rep=ROUNDED,
            body=body(0.95, 27.0, "rounded"),
        ),
        "set_rounded_cue": replace(
            IN_SET,
            reps=7,
            verdicts=VERDICTS,
            last_rep=ROUNDED,
            body=body(0.95, 27.0, "rounded"),
            cue=RED_CUE,
        ),
        "set_arching": replace(
            IN_SET,
            reps=12,
            good=10,
            verdicts=("good",) * 11 + ("amber",),
            body=body(0.6, -18.0, "arching"),
            last_rep=rep(12, "faulty", "Arched back, incomplete lockout", "Brace with the ribs down.", "amber"),
        ),
        "set_arching_cue": replace(IN_SET, body=body(0.6, -18.0, "arching"), cue=AMBER_CUE),
        "set_good_cue": replace(IN_SET, body=body(1.0), cue=GOOD_CUE),
        "set_unknown": replace(
            IN_SET,
            body=body(0.5, state="unknown", back_pitch_deg=None, lumbar_deg=Measured(), limits=Limits()),
            last_rep=rep(6, "cannot_tell", "Cannot tell"),
        ),
        "rest": replace(IN_SET, phase=Phase.REST, last_set=SUMMARY, body=body(0.0), reps=8, good=6),
        "clip_lost": replace(
            IN_SET,
            body=body(0.3, state="unknown", back_pitch_deg=None, lumbar_deg=Measured(), limits=Limits()),
            clips=(*CLIPS[:2], LOST_CLIP),
            notices=(
                Notice("bad", "the back clip: connection lost", LOST_CLIP.advice),
                Notice("info", "calibrated 61 minutes ago", "Press r and calibrate again at the next break."),
            ),
        ),
        "ended": _prompt(Phase.ENDED, Prompt("Saved", "The report: sessions/2026-11-23/report.html"), body=body(0.0)),
    }
)
"""Name -> what the page is shown, each as it stands in a session."""


def playing(at_s: float, serial: int) -> View:
    """A set that goes on for ever: a rep every four seconds, every third one rounds."""
    number, phase = divmod(at_s, 4.0)
    depth = 0.5 - 0.5 * math.cos(2.0 * math.pi * phase / 4.0)
    rounding = int(number) % 3 == 2
    lumbar = 4.0 + (24.0 * depth**2 if rounding else 3.0 * depth)
    state = "neutral" if lumbar < 16 else "rounding" if lumbar < 24 else "rounded"
    done = int(number) % 12
    cues = sum(1 for i in range(int(number) + 1) if i % 3 == 2) - (rounding and phase < 1.5)
    verdicts = tuple("red" if i % 3 == 2 else "good" for i in range(done))
    return replace(
        IN_SET,
        serial=serial,
        time_s=at_s,
        reps=done,
        good=verdicts.count("good"),
        verdicts=verdicts,
        body=body(depth, lumbar, state),
        cue=replace(RED_CUE, serial=cues, time_s=4.0 * int(number) + 1.5) if cues else None,
        last_rep=(replace(ROUNDED, number=done) if verdicts[-1:] == ("red",) else rep(done)) if done else None,
    )


SCREENS: Final = MappingProxyType({"phone": (390, 844), "landscape": (844, 390), "laptop": (1280, 800)})


def take_pictures(folder: Path, screens: list[str], schemes: list[str], only: list[str]) -> None:
    """A picture of every scene on every screen, and of a lost connection."""
    from playwright.sync_api import sync_playwright

    from imu_hinge.live.page_params import PageParams
    from imu_hinge.live.server import PageServer

    folder.mkdir(parents=True, exist_ok=True)
    scenes = [name for name in SCENES if not only or name in only]
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for screen in screens:
            for scheme in schemes:
                board = Board(SCENES["connecting"])
                server = PageServer(board, PageParams(port=0))
                (url,) = server.start()
                width, height = SCREENS[screen]
                page = browser.new_page(
                    viewport={"width": width, "height": height}, color_scheme=scheme, device_scale_factor=1
                )
                for serial, name in enumerate(scenes, 2):
                    board.put(replace(SCENES[name], serial=serial))
                    page.goto(url)
                    page.wait_for_selector("body[data-link=live]")
                    page.wait_for_timeout(400)
                    page.screenshot(path=folder / f"{screen}_{scheme}_{name}.png")
                if not only or "lost" in only:
                    board.put(replace(SCENES["set_neutral"], serial=99))
                    page.goto(url)
                    page.wait_for_selector("body[data-link=live]")
                    server.stop()
                    page.wait_for_selector("body[data-link=lost]")
                    page.wait_for_timeout(300)
                    page.screenshot(path=folder / f"{screen}_{scheme}_lost.png")
                page.close()
                server.stop()
        browser.close()


def play_for_ever(port: int, *, lan: bool) -> None:
    """Serve a set that goes on until Ctrl-C."""
    from imu_hinge.live.page_params import PageParams
    from imu_hinge.live.server import PageServer

    board = Board(playing(0.0, 0))
    server = PageServer(board, PageParams(port=port, lan=lan))
    print(*server.start(), sep="\n")
    began, serial = time.monotonic(), 0
    while True:
        serial += 1
        board.put(playing(time.monotonic() - began, serial))
        time.sleep(0.04)


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("folder", nargs="?", default="out/page", type=Path)
    asked.add_argument("--serve", action="store_true")
    asked.add_argument("--lan", action="store_true")
    asked.add_argument("--port", type=int, default=8765)
    asked.add_argument("--screens", nargs="*", default=list(SCREENS))
    asked.add_argument("--schemes", nargs="*", default=["dark", "light"])
    asked.add_argument("--only", nargs="*", default=[])
    said = asked.parse_args()
    if said.serve:
        play_for_ever(said.port, lan=said.lan)
    else:
        take_pictures(said.folder, said.screens, said.schemes, said.only)
