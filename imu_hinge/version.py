"""The version, as the installed package says it."""

from importlib.metadata import version

__all__ = ["__version__"]

__version__ = version("imu-hinge")
