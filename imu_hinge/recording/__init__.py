"""The recording model, its CSV form, and what comes in from other tools."""

from __future__ import annotations

from imu_hinge.recording.assemble import assemble
from imu_hinge.recording.check import check_alive, check_units
from imu_hinge.recording.header import Header, parse_header, parse_segment
from imu_hinge.recording.model import Arrivals, ClipSamples, Event, HeaderNote, Recording, Segment
from imu_hinge.recording.reader import read_arrivals, read_recording
from imu_hinge.recording.writer import RecordingWriter, WrittenBlock, write_recording

__all__ = [
    "Arrivals",
    "ClipSamples",
    "Event",
    "Header",
    "HeaderNote",
    "Recording",
    "RecordingWriter",
    "Segment",
    "WrittenBlock",
    "assemble",
    "check_alive",
    "check_units",
    "parse_header",
    "parse_segment",
    "read_arrivals",
    "read_recording",
    "write_recording",
]
