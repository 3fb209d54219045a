"""Orientation of every clip while the session runs, and what the calibration movements teach about the gyroscopes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from imu_hinge.body.alignment import ClipAlignment
from imu_hinge.body.live_bias import gyro_bias
from imu_hinge.fusion.orientation import OrientationParams, OrientationStream, two_pass
from imu_hinge.fusion.track import ClipTrack
from imu_hinge.session.intake import GridSamples

__all__ = ["Orienter"]


class Orienter:
    """One causal orientation filter for each clip."""

    def __init__(self, clips: Sequence[str], params: OrientationParams, rate_hz: float) -> None:
        self._params = params
        self._rate_hz = rate_hz
        self._streams = {name: OrientationStream(params, rate_hz) for name in clips}

    def update(self, samples: Mapping[str, GridSamples]) -> dict[str, ClipTrack]:
        """The next grid samples of every clip with their orientations."""
        tracks = {}
        for name, part in samples.items():
            block = self._streams[name].update(part.gyr_rad_s, part.acc_m_s2)
            tracks[name] = ClipTrack(
                part.first,
                part.acc_m_s2,
                part.gyr_rad_s,
                block.quat,
                block.bias_rad_s,
                block.still,
                block.inclination_sd_rad,
            )
        return tracks

    def looked_back(self, tracks: Mapping[str, ClipTrack]) -> dict[str, ClipTrack]:
        """The same stretch of the past with the orientations that a second pass over it gives."""
        return {
            name: ClipTrack(
                track.first,
                track.acc_m_s2,
                track.gyr_rad_s,
                two_pass(track.gyr_rad_s, track.acc_m_s2, self._rate_hz, self._params),
                track.bias_rad_s,
                track.still,
                track.inclination_sd_rad,
            )
            for name, track in tracks.items()
        }

    def retune(self, past: Mapping[str, ClipTrack], alignments: Mapping[str, ClipAlignment]) -> None:
        """Learn every gyroscope's bias from a stretch of the past with second-pass orientations: in a second of
        standing, sway passes for bias, and stays wrong for minutes."""
        for name, track in past.items():
            bias = gyro_bias(track.quat, track.gyr_rad_s, alignments[name].left, self._rate_hz)
            self._streams[name].retune(bias)
