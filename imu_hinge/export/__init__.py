"""Results for other programs: Parquet, CSV, OpenSim and JSON; reads results only."""

from __future__ import annotations

from imu_hinge.export.files import FORMATS, Exported, export_files

__all__ = ["FORMATS", "Exported", "export_files"]
