"""Tables of the page: reps of a set, the state of each clip, gaps. Every text is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from types import MappingProxyType
from typing import Final

from imu_hinge.report.advice import alike_words, order_words, unseen_words
from imu_hinge.report.describe import creep_words
from imu_hinge.report.rep_lanes import sure_order_s
from imu_hinge.report.series import NumberedRep
from imu_hinge.report.words import (
    CLIP_WORDS,
    VERDICT_WORDS,
    clock,
    duration,
    fault_words,
    set_words,
    severity_of,
    tally_words,
    with_sd,
)
from imu_hinge.session.results import ClipQuality, Quality, RepResult, SetResult

__all__ = ["Cell", "clip_cells", "gaps_table", "health_table", "rep_cells", "set_section"]

_SIGNS: Final[Mapping[str, str]] = MappingProxyType({"good": "●", "amber": "▽", "red": "▼", "cannot_tell": "?"})
_MOST_GAPS: Final = 25
_COLUMNS: Final = (
    "Tempo is down–pause–up. First is who leads on the way down. Hip share is the hips' part of the bend, in brackets "
    "that part by quarters of its depth."
)

Cell = tuple[str, str]
"""Label and text of a table cell, not yet escaped."""


def set_section(number: int, a_set: SetResult, reps: Sequence[NumberedRep], *, unfolded: bool, figure: str = "") -> str:
    """Return one set: name, summary, its figure (HTML) and the table of its reps, foldable."""
    name = set_words(number, a_set)[0]
    fold = " open" if unfolded else ""
    tally = f"{tally_words(a_set.reps) or 'no reps'} · {clock(a_set.start_s)} to {clock(a_set.end_s)}"
    rows = "".join(_rep_row(r) for r in reps)
    columns = "".join(f"<th scope='col'>{escape(label)}</th>" for label, _ in rep_cells(reps[0])) if reps else ""
    table = f'<table class="reps"><thead><tr>{columns}</tr></thead>\n<tbody>\n{rows}</tbody></table>\n' if reps else ""
    words = creep_words(a_set)
    over = f"Over the set {words}." if words else ""
    said = " ".join(p for p in (_COLUMNS, over, alike_words(a_set), unseen_words(a_set.exercise)) if p)
    note = f'<p class="note">{escape(said)}</p>\n'
    head = f"<summary>{escape(name)} <span>{escape(tally)}</span></summary>\n"
    return f"<details{fold}>{head}{figure}{note}{table}</details>\n"


def rep_cells(r: NumberedRep) -> tuple[Cell, ...]:
    """Labels and texts of a rep's row."""
    rep = r.rep
    share = "–" if rep.hip_share is None else f"{100 * rep.hip_share:.0f} %"
    quarters = " ".join("–" if q is None else f"{100 * q:.0f}" for q in rep.hip_share_quarters)
    if rep.hip_share is not None and quarters:
        share += f" ({quarters})"
    return (
        ("Rep", str(r.number)),
        ("Starts", clock(rep.start_s)),
        ("Deepest hip", with_sd(rep.hip_max_deg, rep.hip_sd_deg)),
        ("Lumbar at bottom", with_sd(rep.lumbar_at_bottom_deg, rep.lumbar_sd_deg)),
        ("Tempo", f"{rep.eccentric_s:.1f}–{rep.pause_s:.1f}–{rep.concentric_s:.1f} s"),
        ("First", order_words(sure_order_s(rep))),
        ("Hip share", share),
        ("Verdict", VERDICT_WORDS.get(rep.verdict, rep.verdict)),
        ("Faults", _faults(rep)),
    )


def _sure(probability: float) -> str:
    """A probability as a person says it: nothing is 100 % sure."""
    return "over 99\u00a0%" if probability > 0.99 else f"{100 * probability:.0f}\u00a0%"


def _faults(rep: RepResult) -> str:
    worst = sorted(rep.faults, key=lambda f: (f.severity != "red", -f.probability))
    return ", ".join(f"{fault_words(f)} ({f.severity}, {_sure(f.probability)} sure)" for f in worst)


def _rep_row(r: NumberedRep) -> str:
    verdict = escape(r.rep.verdict)
    severity = severity_of(r.rep) or ("amber" if r.rep.verdict == "faulty" else "")
    sign = f'<span class="sign {verdict}" aria-hidden="true">{_SIGNS.get(severity or r.rep.verdict, "")}</span>'
    cells = []
    for label, text in rep_cells(r):
        kind = {"Verdict": ' class="verdict"', "Faults": ' class="full"'}.get(label, "")
        if label == "Faults" and not text:
            kind = ' class="empty"'
        lead = sign if label == "Verdict" else ""
        cells.append(f'<td{kind} data-label="{escape(label)}">{lead}{escape(text)}</td>')
    return f'<tr class="{f"{verdict} {severity}".strip()}">{"".join(cells)}</tr>\n'


def health_table(quality: Quality) -> str:
    """Return the state of each clip's stream."""
    return _table([clip_cells(name, clip) for name, clip in quality.clips.items()])


def clip_cells(name: str, clip: ClipQuality) -> tuple[Cell, ...]:
    """Labels and texts of a clip's row."""
    bias = "–" if clip.gyro_bias_deg_s is None else f"{clip.gyro_bias_deg_s:.2f} °/s"
    gravity = "–" if clip.gravity_m_s2 is None else f"{clip.gravity_m_s2:.2f} m/s²"
    return (
        ("Clip", f"{CLIP_WORDS.get(name, name)} ({clip.site})"),
        ("Rate", f"{clip.rate_hz:.0f} Hz"),
        ("Samples lost", f"{100 * clip.loss_fraction:.2g} %"),
        ("Longest gap", f"{clip.longest_gap_s:.2f} s"),
        ("Gyroscope bias", bias),
        ("Gravity", gravity),
        ("Samples at the limit", str(clip.clipped_samples)),
        ("Slipped", "yes, check its strap" if clip.slipped else "no"),
    )


def gaps_table(quality: Quality) -> str:
    """Return the gaps, longest first, '' where there are none."""
    if not quality.gaps_s:
        return ""
    longest = sorted(quality.gaps_s, key=lambda g: g[1] - g[2])
    rows = [
        (
            ("Signal lost", CLIP_WORDS.get(clip, clip)),
            ("From", f"{clock(start)} ({start:.1f} s)"),
            ("For", duration(end - start)),
        )
        for clip, start, end in longest[:_MOST_GAPS]
    ]
    more = len(longest) - len(rows)
    return _table(rows) + (f'<p class="note">and {more} shorter ones</p>\n' if more else "")


def _table(rows: Iterable[Sequence[Cell]]) -> str:
    kept = list(rows)
    if not kept:
        return ""
    head = "".join(f"<th scope='col'>{escape(label)}</th>" for label, _ in kept[0])
    body = "".join(
        "<tr>" + "".join(f'<td data-label="{escape(lab)}">{escape(text)}</td>' for lab, text in row) + "</tr>\n"
        for row in kept
    )
    return f"<table><thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody></table>\n"
