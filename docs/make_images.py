"""Makes the pictures of README.md with the product itself: ``make pictures``."""

from __future__ import annotations

import io
import re
from pathlib import Path

from PIL import Image
from rich.console import Console

from imu_hinge.live.cue_sink import Silent
from imu_hinge.live.plan import Plan
from imu_hinge.live.screen import draw_view
from imu_hinge.live.session import LiveSession
from imu_hinge.recording import read_arrivals, read_recording
from imu_hinge.report.figures import save_figure, session_figure
from imu_hinge.sensors.paced import PacedSource
from imu_hinge.session.analysis import analyze
from imu_hinge.session.params import SessionParams
from imu_hinge.session.replay import pipeline_for, replayable
from imu_hinge.session.tracks import clip_rates_hz

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
    """The screen of ``imu-hinge live`` at one instant."""
    arrivals = read_arrivals(SESSION)
    recording, chosen = replayable(arrivals)
    pipeline = pipeline_for(recording, chosen, arrivals.clip_names, SessionParams())
    source = PacedSource(arrivals, clip_rates_hz(recording, chosen), speed=None)
    session = LiveSession(source.clips, pipeline, Plan("rdl", guided=False), Silent())
    for delivery in source.deliveries():
        if len(delivery.block) and delivery.block.time_s.max() > FREEZE_S:
            break
        session.feed(delivery)
    console = Console(record=True, width=92, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    view = session.view(1, source.health())
    console.print(draw_view(view, view.cue))
    svg = console.export_svg(title="imu-hinge live")
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)  # no fonts from elsewhere
    path.write_text(svg.replace("Fira Code", "DejaVu Sans Mono"), encoding="utf-8")


if __name__ == "__main__":
    session_picture(IMAGES / "session.png")
    terminal_picture(IMAGES / "live.svg")
