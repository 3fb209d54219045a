"""The parameters of every stage, in one frozen tree that travels as JSON inside the result."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from imu_hinge.body.angles import AngleParams
from imu_hinge.body.calibration import CalibrationParams
from imu_hinge.body.personal import CarryParams
from imu_hinge.body.separation import SeparationParams
from imu_hinge.fusion.orientation import OrientationParams
from imu_hinge.fusion.resample import ResampleParams
from imu_hinge.hinge.fault_params import FaultParams
from imu_hinge.hinge.reps import RepParams
from imu_hinge.session.slips import SlipParams

__all__ = ["SessionParams"]


@dataclass(frozen=True)
class SessionParams:
    """Parameters of every stage, in the order the data passes them."""

    resample: ResampleParams = field(default_factory=ResampleParams)
    orientation: OrientationParams = field(default_factory=OrientationParams)
    calibration: CalibrationParams = field(default_factory=CalibrationParams)
    angles: AngleParams = field(default_factory=AngleParams)
    reps: RepParams = field(default_factory=RepParams)
    separation: SeparationParams = field(default_factory=SeparationParams)
    carry: CarryParams = field(default_factory=CarryParams)
    faults: FaultParams = field(default_factory=FaultParams)
    slips: SlipParams = field(default_factory=SlipParams)
    set_break_s: float = 10.0
    """Reps further apart than this belong to different sets where sets are not announced, s."""

    def as_json(self) -> dict[str, object]:
        """The whole tree as plain JSON values."""
        return asdict(self)
