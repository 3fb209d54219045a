#!/usr/bin/env python3
"""Make the vectors: what happens to a clip, and every byte it must send.

What is expected is written in ``maker`` with ``struct`` and ``zlib``, from PROTOCOL.md and not from the C. With
``--check`` writes nothing and exits with 1 where a file differs.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from maker import records, streams, talk, units  # noqa: E402  (the folder is no package of the installed product)
from maker.session import Session, script  # noqa: E402

__all__ = ["main", "script", "sessions", "vectors"]


def sessions() -> list[Session]:
    """All of them; the order is that of the file."""
    return [
        talk.basics(),
        talk.small_link(),
        talk.refusals(),
        streams.gaps(),
        streams.invalid_and_overrange(),
        streams.slow_link(),
        talk.one_response_at_a_time(),
        streams.reconnect(),
        streams.linger_ends(),
        streams.linger_waits(),
        streams.ring_limits(),
        streams.index_wrap(),
        streams.time_wrap(),
        talk.transfers_end(),
        talk.configuring(),
        streams.stuck(),
        streams.silent(),
        streams.fails_to_start(),
        talk.the_rest(),
        records.record(),
        records.record_survives(),
        records.flash_full(),
        records.alone(),
        streams.late_subscription(),
        streams.batch_deadline(),
        talk.mtu_changes(),
        streams.overtaken(),
        records.record_and_start(),
    ]


def vectors() -> dict[str, Any]:
    """Every file and what is in it."""
    return {
        "crc32.json": units.crcs(),
        "packets.json": units.packets(),
        "control.json": units.controls(),
        "ring.json": units.rings(),
        "sessions.json": [session.json() for session in sessions()],
    }


def text_of(rows: list[Any]) -> str:
    """One row a line."""
    return "[\n" + ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows) + "\n]\n"


def main(arguments: list[str] | None = None) -> int:
    """Write or check; the number is the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, exit with 1 where a file differs")
    options = parser.parse_args(arguments)
    stale = 0
    for name, rows in vectors().items():
        path, text = HERE / name, text_of(rows)
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale += 1
        print(f"{'differs' if options.check else 'written'}: {name}")
        if not options.check:
            path.write_text(text, encoding="utf-8")
    return 1 if options.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
