"""A clip that nods: orientation, rates and specific force that belong together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from imu_hinge.conventions import GRAVITY_M_S2

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Nodding:
    """``gyr`` and ``acc`` (N, 3) as an ideal clip feels them, ``up`` (N, 3) the true vertical in the clip."""

    gyr: FloatArray
    acc: FloatArray
    up: FloatArray
    rate_hz: float


@pytest.fixture
def nodding() -> Callable[..., Nodding]:
    """nodding(seconds, swing_deg, bias_deg_s, shake_m_s2): still for two seconds, then tips to and fro."""

    def make(
        seconds: float = 20.0,
        swing_deg: float = 70.0,
        bias_deg_s: float = 0.0,
        shake_m_s2: float = 0.0,
        rate_hz: float = 100.0,
        seed: int = 3,
    ) -> Nodding:
        rng = np.random.default_rng(seed)
        mounting = Rotation.random(random_state=rng)
        time = np.arange(round(seconds * rate_hz)) / rate_hz
        moving = np.maximum(0.0, time - 2.0)
        pitch = np.deg2rad(swing_deg) * 0.5 * (1 - np.cos(2 * np.pi * moving / 3.0))
        roll = np.deg2rad(0.1 * swing_deg) * np.sin(2 * np.pi * moving / 4.1)
        orientation = Rotation.from_euler("YX", np.column_stack([pitch, roll])) * mounting
        step = (orientation[:-1].inv() * orientation[1:]).as_rotvec() * rate_hz
        gyr = np.vstack([np.zeros(3), step])
        shake = np.zeros((len(time), 3))
        shake[:, 0] = shake_m_s2 * np.sin(2 * np.pi * moving / 1.3)
        acc = orientation.inv().apply(shake + np.array([0.0, 0.0, GRAVITY_M_S2]))
        bias = np.deg2rad(bias_deg_s) * np.array([0.6, -0.6, 0.5])
        noise = rng.normal(size=(2, len(time), 3))
        return Nodding(
            gyr + bias + 0.001 * noise[0],
            acc + 0.02 * noise[1],
            orientation.inv().apply([0.0, 0.0, 1.0]),
            rate_hz,
        )

    return make
