"""Files of other tools, turned into recordings."""

from __future__ import annotations

from imu_hinge.recording.importers.convert import import_recording
from imu_hinge.recording.importers.npz import import_npz
from imu_hinge.recording.importers.pairs import import_pair
from imu_hinge.recording.importers.table import TableOptions, import_table

__all__ = ["TableOptions", "import_npz", "import_pair", "import_recording", "import_table"]
