"""``imu-hinge live``: the session itself, from connecting the clips to the report."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from imu_hinge.cli.live_media import Media, MediaWishes
from imu_hinge.cli.live_pages import Pages
from imu_hinge.cli.live_screen import show
from imu_hinge.cli.live_setup import SIMULATED_KEY, Wishes, header_of, source_of
from imu_hinge.cli.options import AthleteOption, BenchOption, ClipsOption, load_athlete, parse_clips
from imu_hinge.conventions import EXERCISES
from imu_hinge.errors import FormatError
from imu_hinge.hinge.cue_settings import LIVE_CUES
from imu_hinge.hinge.cue_words import parse_cue_words
from imu_hinge.live.plan import Plan
from imu_hinge.live.runner import RECORDING_NAME, LiveRun, Setup
from imu_hinge.recording import assemble, read_arrivals
from imu_hinge.report.saving import result_files, result_of, what_was_learnt
from imu_hinge.report.words import sum_words
from imu_hinge.session.guide import GuideParams, Step
from imu_hinge.session.library import new_folder, sessions_home, unfinished
from imu_hinge.session.output import write_outputs
from imu_hinge.session.params import SessionParams

__all__ = ["live"]


def live(
    replay: Annotated[
        str | None, typer.Option("--replay", help="Play a recording instead of the clips.", metavar="FILE")
    ] = None,
    simulate: Annotated[
        str | None,
        typer.Option("--simulate", help="A simulated athlete instead of the clips.", metavar="SCENARIO"),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the simulated athlete.")] = 0,
    speed: Annotated[
        str, typer.Option("--speed", help="Of a recording or a simulation: 1 is real time, max as fast as it goes.")
    ] = "1",
    exercise: Annotated[
        str | None, typer.Option("--exercise", "-e", help=f"What is trained: {', '.join(EXERCISES)}.")
    ] = None,
    load_kg: Annotated[float | None, typer.Option("--load-kg", min=0.0, help="With which load, kg.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for this session.", metavar="DIR", file_okay=False)
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the session that broke off: the newest one, or that in --out.")
    ] = False,
    clips: ClipsOption = None,
    where: Annotated[
        bool, typer.Option("--where", help="Tap a clip first, to be sure which is where; new clips always ask.")
    ] = False,
    rate: Annotated[int, typer.Option("--rate", min=25, max=416, help="Samples a second of each clip.")] = 100,
    height: Annotated[
        float | None, typer.Option("--height", min=0.5, max=3.0, help="The athlete's height, m; for lengths.")
    ] = None,
    site: Annotated[
        list[str] | None, typer.Option("--site", help="Where a clip sits, e.g. back=L1; T12 and S1 by default.")
    ] = None,
    side: Annotated[str | None, typer.Option("--side", help="Thigh that is worn on: left or right.")] = None,
    athlete: AthleteOption = None,
    bench: BenchOption = None,
    toe_touch: Annotated[
        bool, typer.Option("--toe-touch", help="Also ask for a toe touch: how far the back can round at most.")
    ] = False,
    manual: Annotated[bool, typer.Option("--manual", help="Sets begin and end with the space bar only.")] = False,
    rest: Annotated[
        float, typer.Option("--rest", min=5.0, help="A set is over after so many seconds without a rep.")
    ] = 25,
    cue: Annotated[
        list[str] | None,
        typer.Option("--cue", help="How to cue, e.g. rounded=12deg, depth=90%, lead=0.15, squat:rounded=off."),
    ] = None,
    no_sound: Annotated[bool, typer.Option("--no-sound", help="No earcons.")] = False,
    volume: Annotated[float, typer.Option("--volume", min=-60.0, max=12.0, help="Of the earcons, dB.")] = 0.0,
    speak: Annotated[bool, typer.Option("--speak", help="Say what came of a set when it is over.")] = False,
    page: Annotated[
        bool | None, typer.Option("--page/--no-page", help="Serve the page; by default where it is installed.")
    ] = None,
    lan: Annotated[
        bool, typer.Option("--lan", help="Open the page to the phones in this network, with a token.")
    ] = False,
    port: Annotated[
        int | None, typer.Option("--port", min=0, max=65535, help="Of the page; 8765 if it is free.")
    ] = None,
    no_screen: Annotated[bool, typer.Option("--no-screen", help="Lines instead of a screen.")] = False,
    take_over: Annotated[
        bool, typer.Option("--take-over", help="End what a clip streams or logs already; refused otherwise.")
    ] = False,
) -> None:
    """Train: calibration step by step, live angles, cues, sets, and a report in the end."""
    if replay is not None and simulate is not None:
        raise typer.BadParameter("a recording and a simulation at once", param_hint="--replay")
    if exercise is not None and exercise not in EXERCISES:
        raise typer.BadParameter(f"{exercise!r} is unknown; known: {', '.join(EXERCISES)}", param_hint="--exercise")
    if page is False and lan:
        raise typer.BadParameter("no page, and one for the network", param_hint="--lan")
    known = load_athlete(athlete)
    wishes = Wishes(replay, simulate, seed, speed, parse_clips(clips), rate, take_over=take_over or resume)
    folder = None if replay is not None else _folder(out, resume=resume)
    origin = source_of(wishes, known)
    if resume and folder is not None and simulate is None:
        _check_worn(folder)
    params = SessionParams()
    touch = toe_touch or origin.touches_toes
    steps = (Step.STAND, Step.HINGES, Step.TILTS, *((Step.TOUCH,) if touch else ()))
    plan = Plan(
        exercise=exercise or origin.exercise or "hinge",
        load_kg=load_kg,
        guided=replay is None,
        by_itself=not manual,
        rest_s=rest,
        guide=GuideParams(steps=steps),
        header={**origin.header, **header_of(height, site, side)},
    )
    setup = Setup(
        plan,
        folder,
        resume=resume,
        by_radio=replay is None and simulate is None,
        ask_where=where,
        params=params,
        athlete=known,
        bench=bench,
        played=origin.played,
        assign=origin.assign,
        guessed=origin.guessed,
        blink=origin.blink,
        cues=parse_cue_words(cue or (), LIVE_CUES),
    )

    def save(made: Path) -> tuple[str, ...]:
        arrivals = read_arrivals(made / RECORDING_NAME)
        result = result_of(arrivals, None, params, bench, known)
        files = result_files(result)
        learnt, why = what_was_learnt(assemble(arrivals), known, params, bench, name="athlete")
        files |= {} if learnt is None else {"athlete.json": learnt}
        paths = write_outputs(made, files)
        return (sum_words(result), f"personal reference: {why}", *(str(path) for path in paths))

    media = Media(MediaWishes(not no_sound, volume, speak))
    run = LiveRun(origin.source, setup, media.sink, save, say=media.say, sound=media.words)
    pages = Pages(run.board, wanted=page, lan=lan, port=port)
    media.start()
    try:
        failure = show(run, screen=sys.stdout.isatty() and not no_screen, links=pages.start())
    except KeyboardInterrupt:
        _say_where(folder)
        raise
    finally:
        pages.stop()
        media.close()
    _report(run, folder, failure)


def _folder(out: Path | None, *, resume: bool) -> Path:
    home = sessions_home()
    if not resume:
        fresh = new_folder(home, time.time()) if out is None else out
        if (fresh / RECORDING_NAME).exists():
            raise FormatError(
                "a session is in there already", path=str(fresh), advice="Choose another folder, or add --resume."
            )
        return fresh
    folder = unfinished(home) if out is None else out
    if folder is not None and (folder / "summary.json").exists():
        raise FormatError("this session is finished", path=str(folder), advice="Begin a new one: leave --resume out.")
    if folder is None or not (folder / RECORDING_NAME).exists():
        raise FormatError(
            "no session broke off",
            path=str(home if out is None else out),
            advice="Begin a new one: leave --resume out.",
        )
    return folder


def _check_worn(folder: Path) -> None:
    """Clips cannot go on with what a simulated athlete began."""
    told = read_arrivals(folder / RECORDING_NAME).header.get(SIMULATED_KEY)
    if told is not None:
        raise FormatError(
            f"it was simulated ({told})", path=str(folder), advice=f"Add --simulate {told}, or begin a new session."
        )


def _report(run: LiveRun, folder: Path | None, failure: BaseException | None) -> None:
    for line in run.saved:
        typer.echo(line)
    if failure is None:
        return
    _say_where(folder)
    raise failure


def _say_where(folder: Path | None) -> None:
    if folder is not None and (folder / RECORDING_NAME).exists():
        typer.echo(f"Recorded so far: {folder / RECORDING_NAME} (go on with --resume, or imu-hinge analyze it)")
