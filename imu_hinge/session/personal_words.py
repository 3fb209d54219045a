"""What an athlete's file says, in words: everything with its 90 % band."""

from __future__ import annotations

import math
from typing import Final

from imu_hinge.body.personal import Learnt, Personal

__all__ = ["told"]

_BAND: Final = 1.645
_LENGTHS: Final = (
    ("ankle to knee", {"shank_m": 1.0}),
    ("knee to hip", {"thigh_m": 1.0}),
    ("hip to the top of the sacrum", {"s1_above_m": 1.0}),
    ("lower back, S1 to T12", {"lumbar_m": 1.0}),
    ("knee to the thigh clip, last time", {"thigh_clip_m": 1.0}),
    ("hip to T12 (the back clip), last time", {"s1_above_m": 1.0, "lumbar_m": 1.0}),
)


def told(personal: Personal) -> list[str]:
    """Lines for the athlete to read."""
    who = personal.name if personal.height_m is None else f"{personal.name}, {personal.height_m:.2f} m tall"
    lines = [
        who,
        f"learnt from {_count(personal.sessions, 'session')} and {_count(personal.accepted_reps, 'accepted rep')}",
        *_neutral(personal),
    ]
    if personal.learnt is None:
        return [*lines, "body: not learnt yet; that takes reference hinges with a thigh and a back clip"]
    site = f" (back clip at {personal.back_site})" if personal.back_site else ""
    return [*lines, f"body, as the movements showed it{site}:", *_body(personal.learnt)]


def _neutral(personal: Personal) -> list[str]:
    own = personal.neutral
    if own.lumbar_deg is None:
        lines = ["neutral hinge: not measured yet"]
    else:
        spread = f", from rep to rep ± {_BAND * own.lumbar_sd_deg:.1f}°" if own.lumbar_sd_deg else ""
        movements = _count(own.movements, "movement")
        lines = [f"neutral hinge: the lower back flexes {own.lumbar_deg:.1f}° at the bottom{spread} ({movements})"]
    if own.fold_deg is not None:
        depth = f"its depth: trunk and thigh fold by {own.fold_deg:.0f}°"
        if own.trunk_deg is not None and own.thigh_deg is not None:
            depth += f" (trunk {own.trunk_deg:+.0f}°, thigh {own.thigh_deg:+.0f}°)"
        lines.append(depth)
    most = own.max_flexion_deg
    lines.append("own maximum flexion: not measured yet" if most is None else f"own maximum flexion: {most:.0f}°")
    return lines


def _body(learnt: Learnt) -> list[str]:
    lines = []
    for what, parts in _LENGTHS:
        if set(parts) <= set(learnt.names):
            at = [learnt.names.index(name) for name in parts]
            mean = sum(float(learnt.mean[i]) for i in at)
            sd = math.sqrt(float(learnt.covariance[at][:, at].sum()))
            lines.append(f"  {what}: {100 * mean:.1f} ± {_BAND * 100 * sd:.1f} cm")
    if "standing_shank_rad" in learnt.names:
        mean, sd = learnt.value("standing_shank_rad"), learnt.sd("standing_shank_rad")
        lines.append(f"  standing, the shank leans forward {math.degrees(mean):.1f} ± {_BAND * math.degrees(sd):.1f}°")
    return lines


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
