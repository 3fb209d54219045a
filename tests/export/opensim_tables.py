"""A strict reader of OpenSim's .mot and .sto, written from the format's description, not from our writer."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class OpenSimTable:
    """``values`` (N, K) for .mot, (N, K, 4) for quaternions; ``head`` holds the header's keys."""

    head: dict[str, str]
    columns: list[str]
    time_s: NDArray[np.float64]
    values: NDArray[np.float64]

    def column(self, name: str) -> NDArray[np.float64]:
        return self.values[:, self.columns.index(name)]


def read_table(text: str) -> OpenSimTable:
    """Refuses whatever OpenSim might read differently from us."""
    assert text.endswith("\n")
    assert "\r" not in text
    lines = text[:-1].split("\n")
    end = lines.index("endheader")
    pairs = [line.split("=") for line in lines[:end] if "=" in line]
    assert all(len(pair) == 2 for pair in pairs)
    head = {pair[0]: pair[1] for pair in pairs}
    assert len(head) == len(pairs), "a key twice"
    columns = lines[end + 1].split("\t")
    assert columns[0] == "time"
    assert len(set(columns)) == len(columns)
    rows = [line.split("\t") for line in lines[end + 2 :]]
    assert rows
    assert all(len(row) == len(columns) for row in rows)
    quaternions = head.get("DataType") == "Quaternion"
    time_s = np.array([float(row[0]) for row in rows])
    parts = [[cell.split(",") for cell in row[1:]] for row in rows]
    assert all(len(cell) == (4 if quaternions else 1) for row in parts for cell in row)
    values = np.array([[[float(x) for x in cell] for cell in row] for row in parts])
    assert all(math.isfinite(x) for x in values.ravel())
    assert (np.diff(time_s) > 0).all()
    if quaternions:
        assert float(head["DataRate"]) > 0
        np.testing.assert_allclose(np.linalg.norm(values, axis=2), 1.0, atol=1e-6)
    else:
        values = values[:, :, 0]
        assert int(head["nRows"]) == len(rows)
        assert int(head["nColumns"]) == len(columns)
        assert head["inDegrees"] == "yes"
    return OpenSimTable(head, columns[1:], time_s, values)
