"""A session as one self-contained page: words first, then figures, tables and the state of the signals.

The page loads nothing and runs nothing. Whatever came from the file is escaped where it enters the page.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from importlib.resources import files

import numpy as np
from matplotlib.figure import Figure

from imu_hinge.report.advice import advice_lines, judged_words
from imu_hinge.report.angle_angle import pattern_title, reference_band
from imu_hinge.report.describe import (
    athlete_words,
    calibration_age_words,
    cannot_tell_words,
    describe,
    headline,
    hip_sentence,
    lumbar_sentence,
)
from imu_hinge.report.figures import angle_angle_figure, rep_by_rep_figure, strip_figure, timeline_figure
from imu_hinge.report.focus import best_and_worst_words, best_rep, focus_of, worst_rep
from imu_hinge.report.multiples import multiples_figure, shown_reps
from imu_hinge.report.series import NumberedRep, numbered_reps, telling_rep
from imu_hinge.report.svg import inline_svg, theme_css
from imu_hinge.report.tables import gaps_table, health_table, set_section
from imu_hinge.report.unknown import unknown_words
from imu_hinge.report.words import CLIP_WORDS, degrees, rep_words, sentence, with_sd, yardstick_words
from imu_hinge.session.results import SessionResult
from imu_hinge.version import __version__

__all__ = ["render_report"]

_OPEN_REPS = 60
"""Sets of sessions with more reps than this start folded."""

_DRAWN_SETS = 12
"""Sets beyond these have a table and no small multiples, so that the page of an hour stays light."""

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def render_report(result: SessionResult) -> str:
    """Render report.html: one UTF-8 document, inline SVG and CSS, light and dark, for screen and paper."""
    css = files("imu_hinge.report").joinpath("report.css").read_text(encoding="utf-8")
    title = escape(f"Hip hinge session {result.recording}")
    yardstick = escape(yardstick_words(result).replace("own reference", "your own reference"))
    sections = [_summary(result), _advice(result), _figures(result), _sets(result), _health(result), _params(result)]
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="generator" content="imu_hinge {__version__}">
<title>{title}</title>
<style>
{theme_css()}
{css}</style>
</head>
<body>
<main>
{"".join(sections)}<footer class="note">
<p>Angles are estimates and count from your own standing posture: forward bending and rounding are positive,
arching is negative. ± is one standard deviation; shaded bands and bars hold the true value about nine times
in ten. Reps are judged against {yardstick}, for technique, awareness and consistency.</p>
<p>imu_hinge {__version__}</p>
</footer>
</main>
</body>
</html>
"""


def _summary(result: SessionResult) -> str:
    clips = ", ".join(
        f"{CLIP_WORDS.get(c, c)} ({result.quality.clips[c].site})"
        if c in result.quality.clips and result.quality.clips[c].site != c
        else c
        for c in result.clips
    )
    sentences = [s for s in (hip_sentence(result), lumbar_sentence(result), cannot_tell_words(result)) if s]
    apart = best_and_worst_words(result)
    sentences += [apart] if apart else []
    warnings = "".join(f"<li>{escape(sentence(w))}</li>" for w in result.quality.warnings)
    origin = f"{result.recording} · clips: {clips} · calibration: {result.quality.calibration}"
    return f"""<header>
<p class="from">{escape(origin)}</p>
<h1>{escape(headline(result))}</h1>
</header>
<section aria-label="Summary">
{_focus(result)}{_tiles(result)}<p>{escape(" ".join(sentences))}</p>
{f'<ul class="warnings">{warnings}</ul>' if warnings else ""}</section>
"""


def _focus(result: SessionResult) -> str:
    """The first thing to read: what to change."""
    focus = focus_of(result)
    lead = "One thing to work on" if focus.kind == "fault" else "In short"
    seen = f"<p>{escape(focus.seen)}</p>\n" if focus.seen else ""
    return (
        f'<div class="focus {focus.kind}">\n<p class="lead">{lead}</p>\n<h2>{escape(focus.title)}</h2>\n{seen}'
        f'<p class="do">{escape(focus.advice)}</p>\n</div>\n'
    )


def _tiles(result: SessionResult) -> str:
    reps = [r.rep for r in numbered_reps(result)]
    if not reps:
        return ""
    hips = [r.hip_max_deg for r in reps if r.hip_max_deg is not None]
    lumbars = [r.lumbar_at_bottom_deg for r in reps if r.lumbar_at_bottom_deg is not None]
    shares = [r.hip_share for r in reps if r.hip_share is not None]
    good = sum(r.verdict == "good" for r in reps)
    judged = sum(r.verdict != "cannot_tell" for r in reps)
    tiles = [("", "Good reps", f"{good}" if judged else "–", f"of {judged} judged" if judged else "none judged")]
    if hips:
        tiles.append(("hip", "Hip flexion", degrees(float(np.median(hips))), _spread(hips)))
    else:
        tiles.append(("hip", "Hip flexion", "–", _short_reason(result, "hip")))
    if lumbars:
        middle = degrees(float(np.median(lumbars)))
        tiles.append(("lumbar", "Lumbar flexion at the bottom", middle, _spread(lumbars)))
    else:
        tiles.append(("lumbar", "Lumbar flexion", "–", _short_reason(result, "lumbar")))
    if result.reference_lumbar_deg is not None:
        own = with_sd(result.reference_lumbar_deg, result.reference_lumbar_sd_deg)
        value, _, sd = own.partition(" ")
        named = yardstick_words(result).replace("own reference", "your reference").removeprefix("the ")
        tiles.append(("", f"{named[:1].upper()}{named[1:]}, lumbar", value, sd))
    if shares:
        tiles.append(("", "Share of the hips", f"{100 * float(np.median(shares)):.0f} %", "of the bend"))
    cells = "".join(
        f'<div class="tile {kind}"><dt>{escape(name)}</dt>'
        f"<dd>{escape(value)} <small>{escape(more)}</small></dd></div>\n"
        for kind, name, value, more in tiles
    )
    return f'<dl class="tiles">\n{cells}</dl>\n'


def _short_reason(result: SessionResult, name: str) -> str:
    """'not measured' or 'left out'."""
    return unknown_words(result, name).partition(": ")[2].partition(" with")[0].partition(",")[0]


def _spread(values: Sequence[float]) -> str:
    return f"{degrees(min(values))} to {degrees(max(values))}" if len(values) > 1 else "one rep"


def _figures(result: SessionResult) -> str:
    """Draw every figure twice, for wide and narrow windows; the page shows one of them."""
    text = describe(result)
    over_time = _both("time", text, [timeline_figure(result, phone=p) for p in (False, True)])
    out = f'<section aria-label="Figures">\n<h2>Over time</h2>\n<figure>{over_time}</figure>\n'
    chosen = telling_rep(result)
    if chosen is None:
        return out + "</section>\n"
    each = _both("reps", "One mark per rep. " + text, [rep_by_rep_figure(result, phone=p) for p in (False, True)])
    out += f"<h2>Rep by rep</h2>\n<figure>{each}</figure>\n"
    title = pattern_title(result)
    label = f"{title}, one line each, rep {chosen.number} highlighted."
    pattern = _both("pattern", label, [angle_angle_figure(result, phone=p) for p in (False, True)])
    strips = "".join(_strip(result, name, r) for name, r in _rep_pair(result, chosen))
    return (
        f'{out}<div class="pair">\n<div><h2>{title}</h2><figure>{pattern}</figure></div>\n'
        f"<div>{strips}</div>\n</div>\n</section>\n"
    )


def _rep_pair(result: SessionResult, chosen: NumberedRep) -> list[tuple[str, NumberedRep]]:
    """Best and worst rep; where neither is known, the one that is telling."""
    named = [("best", best_rep(result)), ("worst", worst_rep(result))]
    return [(name, r) for name, r in named if r is not None] or [("telling", chosen)]


def _strip(result: SessionResult, name: str, r: NumberedRep) -> str:
    lead = f"{name.capitalize()} rep, {r.number}" if name != "telling" else f"Rep {r.number}"
    label = f"Stick figures of rep {r.number}: start, half-way down, bottom, half-way up, end."
    sticks = _both(f"sticks-{name}", label, [strip_figure(result, r, phone=p) for p in (False, True)])
    return f"<h2>{escape(f'{lead}: {rep_words(r.rep)}')}</h2><figure>{sticks}</figure>\n"


def _both(name: str, label: str, figures: Sequence[Figure]) -> str:
    kinds = ("wide", "phone")
    return "".join(
        f'<div class="{kind}">{inline_svg(figure, f"{name}-{kind}", label)}</div>'
        for kind, figure in zip(kinds, figures, strict=True)
    )


def _sets(result: SessionResult) -> str:
    reps = numbered_reps(result)
    if not reps:
        return (
            '<section aria-label="Sets"><h2>Sets</h2>\n<p>No reps were found. Start each set with a moment '
            "of standing still, and check below that every clip was heard throughout.</p></section>\n"
        )
    unfolded = len(reps) <= _OPEN_REPS
    sets = "".join(
        set_section(n, a_set, mine, unfolded=unfolded, figure=_multiples(result, n, mine))
        for n, a_set in enumerate(result.sets, 1)
        for mine in [[r for r in reps if r.set_number == n]]
    )
    said = f"<p>{escape(judged_words(result))}</p>\n"
    return f'<section aria-label="Sets">\n<h2>Sets</h2>\n{said}{sets}</section>\n'


def _multiples(result: SessionResult, number: int, reps: Sequence[NumberedRep]) -> str:
    """Small multiples of a set, with what they show."""
    if not reps or number > _DRAWN_SETS:
        return ""
    shown = shown_reps(reps)
    which = "every rep" if len(shown) == len(reps) else f"{len(shown)} of {len(reps)} reps, the faulty ones first"
    label = f"Hip and lumbar flexion from start over bottom to end, {which} of set {number}."
    drawn = _both(f"set-{number}", label, [multiples_figure(result, reps, phone=p) for p in (False, True)])
    words = f"From start over bottom to end, {which}. Colour: the angle and its 90 % band. Grey dashes: the set's"
    band = "Grey band: your reference hinges at the same depth." if reference_band(result) is not None else ""
    return f"<figure>{drawn}<figcaption>{escape(f'{words} typical rep. {band}'.strip())}</figcaption></figure>\n"


def _advice(result: SessionResult) -> str:
    found = advice_lines(result)
    if len({fault.name for r in numbered_reps(result) for fault in r.rep.faults}) < 2:
        return ""  # said at the top
    lines = "".join(f"<li>{escape(line)}</li>" for line in found)
    return f'<section aria-label="Advice">\n<h2>All that was found</h2>\n<ul>{lines}</ul></section>\n'


def _health(result: SessionResult) -> str:
    quality = result.quality
    clock = quality.clock_residual_ms
    lines = [f"Calibration: {quality.calibration}.", *filter(None, [athlete_words(result)])]
    if calibration_age_words(result):
        lines.append(calibration_age_words(result))
    if clock is not None:
        lines.append(f"The clips' clocks agree within {clock:.1f} ms.")
    return (
        '<section aria-label="Session health">\n<h2>Session health</h2>\n'
        f"<p>{escape(' '.join(lines))}</p>\n{health_table(quality)}{gaps_table(quality)}</section>\n"
    )


def _params(result: SessionResult) -> str:
    values: Mapping[str, object] = {"imu_hinge": __version__, "params": dict(result.params)}
    text = escape(json.dumps(values, indent=2, default=str, ensure_ascii=False))
    return (
        '<details class="params"><summary>Parameters and version '
        "<span>to recompute this page</span></summary>\n"
        f"<pre>{text}</pre></details>\n"
    )
