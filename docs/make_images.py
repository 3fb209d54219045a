"""Makes the pictures of README.md with the product itself: ``make pictures``."""

from __future__ import annotations

import io
import re
from pathlib import Path

from PIL import Image
from rich.console import Console

from imu_hinge.live.terminal import TerminalState, draw
from imu_hinge.recording import read_arrivals, read_recording
from imu_hinge.report.figures import save_figure, session_figure
from imu_hinge.session.analysis import analyze
from imu_hinge.session.replay import replay

IMAGES = Path(__file__).resolve().parent / "images"
SESSION = IMAGES.parents[1] / "recordings" / "rdl_session.csv"
FREEZE_S = 45.9
"""When the terminal is pictured: at the bottom of the first rounded rep."""


def session_picture(path: Path) -> None:
    """What ``imu-hinge plot`` draws, in 256 colours so that the page loads fast."""
    save_figure(session_figure(analyze(read_recording(SESSION)), None), path)
    picture = Image.open(path).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    picture.save(path, optimize=True)


def terminal_picture(path: Path) -> None:
    """The screen of ``imu-hinge replay`` at one instant."""
    arrivals = read_arrivals(SESSION)
    state = TerminalState(arrivals.name, float(arrivals.time_s.min()), float(arrivals.time_s.max()))
    for step in replay(arrivals)[1]:
        if step.newest_s > FREEZE_S:
            break
        for block in step.blocks:
            state.take(block)
    console = Console(record=True, width=92, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(draw(state))
    svg = console.export_svg(title="imu-hinge replay")
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)  # no fonts from elsewhere
    path.write_text(svg.replace("Fira Code", "DejaVu Sans Mono"), encoding="utf-8")


if __name__ == "__main__":
    session_picture(IMAGES / "session.png")
    terminal_picture(IMAGES / "replay.svg")
