"""Figures, pages and words made from a session's result; reads results only.

``session_figure`` and ``save_figure`` draw, ``render_report`` writes the page, ``describe`` says it in words.
"""

from imu_hinge.report.describe import describe
from imu_hinge.report.figures import save_figure, session_figure
from imu_hinge.report.html import render_report

__all__ = ["describe", "render_report", "save_figure", "session_figure"]
