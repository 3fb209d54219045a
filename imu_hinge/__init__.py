"""imu_hinge: tells the hips from the lumbar spine in a hip hinge, from two or three clip-on motion sensors."""

from imu_hinge.errors import (
    AdapterError,
    AthleteError,
    CalibrationError,
    ClipError,
    FormatError,
    ImportRefusedError,
    ImuHingeError,
    LinkError,
    OutputError,
    PacketError,
    ProtocolError,
    RecordingError,
    RefusedError,
    SampleError,
    ScenarioError,
    UnitError,
    VersionError,
    WorkersError,
)
from imu_hinge.fusion.orientation import OrientationParams, orientation, orientation_offline
from imu_hinge.recording import ClipSamples, Event, Recording, RecordingWriter, Segment, read_recording, write_recording
from imu_hinge.session.analysis import analyze
from imu_hinge.session.params import SessionParams
from imu_hinge.session.pipeline import Pipeline
from imu_hinge.session.results import AngleSeries, Fault, Quality, RepResult, SessionResult, SetResult
from imu_hinge.version import __version__

__all__ = [
    "AdapterError",
    "AngleSeries",
    "AthleteError",
    "CalibrationError",
    "ClipError",
    "ClipSamples",
    "Event",
    "Fault",
    "FormatError",
    "ImportRefusedError",
    "ImuHingeError",
    "LinkError",
    "OrientationParams",
    "OutputError",
    "PacketError",
    "Pipeline",
    "ProtocolError",
    "Quality",
    "Recording",
    "RecordingError",
    "RecordingWriter",
    "RefusedError",
    "RepResult",
    "SampleError",
    "ScenarioError",
    "Segment",
    "SessionParams",
    "SessionResult",
    "SetResult",
    "UnitError",
    "VersionError",
    "WorkersError",
    "__version__",
    "analyze",
    "orientation",
    "orientation_offline",
    "read_recording",
    "write_recording",
]
