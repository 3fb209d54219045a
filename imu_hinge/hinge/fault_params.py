"""Every threshold a rep is judged by, with its unit and its source."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["FaultParams", "Limit"]


@dataclass(frozen=True)
class Limit:
    """Where a value turns amber and where red, and what it is in an impeccable rep, in its own unit; more is worse."""

    amber: float
    red: float
    good: float = 0.0

    @property
    def margin(self) -> float:
        """How far amber is from good."""
        return self.amber - self.good


@dataclass(frozen=True)
class FaultParams:
    """Thresholds of judging; those of counting reps are others (``RepProfile``, ``RepParams``)."""

    rounded_amber_deg: float = 10.0
    """Lumbar flexion beyond the own reference hinge, deg: 2 x minimal detectable change (Aasa 2019)."""
    rounded_red_deg: float = 15.0
    rounded_amber_of_max: float = 0.70
    """Share of the own maximum flexion (feedback trials: Boocock; PostureCoach)."""
    rounded_red_of_max: float = 0.80
    arched_amber_deg: float = 8.0
    """Lumbar extension beyond the own reference hinge, deg: minimal detectable change (Aasa 2019)."""
    arched_red_deg: float = 12.0
    default_reference_deg: float = 5.0
    """Lumbar flexion of a neutral hinge where no reference hinge was recorded, deg."""
    default_reference_sd_deg: float = 4.0
    """How far the athlete's own may be from that, deg."""
    default_fold_deg: float = 70.0
    """Fold of trunk against thigh at the bottom of that hinge, deg."""
    default_trunk_deg: float = 50.0
    """Trunk pitch there, deg: the fold as seen without a thigh clip."""
    arched_from: float = 0.4
    """Share of the rep's fold from which arching is judged: standing itself is not a hinge."""
    rounded_from: float = 0.8
    """Share of the rep's fold from which rounding is judged: at or near the bottom."""

    butt_wink_deg: Limit = Limit(8.0, 15.0)
    """Pelvis turned back while the thigh still goes down, or lumbar flexion added in the last quarter of depth, deg:
    2 x minimal detectable change of the lower lumbar spine (Aasa 2019)."""
    spine_first_s: Limit = Limit(0.100, 0.200)
    """Lead of the spine over the hip on the way down, s: people bend spine first by 49 ms (Thomas & Gibson 2007)."""
    spine_first_least_deg: float = 8.0
    """A spine that flexes by less than this on the way down leads nothing, deg: minimal detectable change of lumbar
    flexion in a deadlift (Aasa 2019)."""
    hyperextended_deg: Limit = Limit(5.0, 10.0)
    """Lumbar extension beyond standing at the top, deg: hips extend only about 7 deg passively (Roach 2015)."""
    upright_thigh_deg: float = 5.0
    """The thigh must be this near to where it stands for that, deg."""
    incomplete_deg: Limit = Limit(6.0, 12.0)
    """Hip flexion left at the top, deg."""
    knee_dominant_ratio: Limit = Limit(1.5, 2.0, good=1.0)
    """Thigh pitch for the same trunk pitch, against the reference hinge: RDL thigh -18..-32 deg, deadlift -45..-70."""
    default_thigh_per_trunk: float = 0.5
    """That slope in a hinge where no reference hinge was recorded (thigh -25 deg at trunk 50 deg) ..."""
    default_thigh_per_trunk_sd: float = 0.15
    """... and its spread between people (RDL thigh -18..-32 deg)."""
    rounding_unseen_deg: float = 3.0
    """Without a back clip: how much of the trunk's pitch may be rounding that the pelvis does not show, SD, deg."""
    hips_shoot_up_deg: Limit = Limit(8.0, 15.0)
    """Thigh extension on the way up while the trunk still tips forward, deg."""
    still_forward_deg: float = 3.0
    """The trunk tips forward while it is this much further forward than when the thigh turned, deg: five times the
    natural unrest, as a squat's bottom sways by a degree or two."""
    knee_bend_deg: Limit = Limit(12.0, 20.0)
    """Knee flexion away from the reference hinges' at the same depth, deg: "keep the same slight knee bend"."""
    twist_deg: Limit = Limit(8.0, 12.0)
    """Pelvis or back, roll or yaw, against the rep's start and the reference hinges at the same depth, deg."""
    rushed_ratio: Limit = Limit(1.5, 2.0, good=1.0)
    """How many times as fast as usual in this set the way down is: own choice, three times the 8-10 % by which tempo
    varies from rep to rep."""

    odds: float = 2.0
    """A fault is named when it is this many times as likely as not that the value is beyond amber: a false alarm costs
    more trust than a late one ..."""
    odds_unsure: float = 4.0
    """... and this many where the value is unsure by half its margin or more."""
    most_sd_of_margin: float = 1.0
    """A value whose SD exceeds this share of the margin to amber cannot tell ..."""
    clear_by_sd: float = 2.5
    """... unless it is this many SDs away from amber."""
    most_lumbar_sd_deg: float = 8.0
    """Lumbar flexion that is less sure than this says nothing about the spine, deg (SCIENCE: what each pair may
    claim)."""
    unrest_deg: float = 0.6
    """Natural wandering of a joint within a rep and what skin adds to it, SD, deg."""
    skin_gain_sd: float = 0.04
    """Share by which skin turns a clip more or less than the bone, SD (Xi 2022)."""
    timing_sd_s: float = 0.05
    """SD of the beginning and end of a rep, s."""
    rearm: float = 0.25
    """A live cue sounds again only after the value fell this share below its threshold."""
