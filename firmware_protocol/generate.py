#!/usr/bin/env python3
"""Make everything that follows from ``imu_hinge.yaml``, or with ``--check`` say what no longer does.

Makes c/include/imuh_protocol.h, ../imu_hinge/protocol/definitions.py, wireshark/imu_hinge.lua and the tables of
PROTOCOL.md. With ``--check`` writes nothing and exits with 1 where a file differs, naming it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from generator.emit_c import c_header  # noqa: E402  (the folder is no package of the installed product)
from generator.emit_lua import lua_dissector  # noqa: E402
from generator.emit_markdown import fill_tables  # noqa: E402
from generator.emit_python import python_module  # noqa: E402
from generator.spec import Spec, load  # noqa: E402

__all__ = ["generated", "main"]


def generated(spec: Spec) -> dict[Path, str]:
    """Every generated file and what must stand in it."""
    document = HERE / "PROTOCOL.md"
    return {
        HERE / "c/include/imuh_protocol.h": c_header(spec),
        HERE.parent / "imu_hinge/protocol/definitions.py": python_module(spec),
        HERE / "wireshark/imu_hinge.lua": lua_dissector(spec),
        document: fill_tables(document.read_text(encoding="utf-8"), spec),
    }


def main(arguments: list[str] | None = None) -> int:
    """Write or check; the number is the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, exit with 1 where a file differs")
    options = parser.parse_args(arguments)
    stale = []
    for path, text in generated(load(HERE / "imu_hinge.yaml")).items():
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(path)
        if not options.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for path in stale:
        print(f"{'differs' if options.check else 'written'}: {path.relative_to(HERE.parent)}")
    if options.check and stale:
        print("Run firmware_protocol/generate.py and commit what it writes.", file=sys.stderr)
    return 1 if options.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
