"""What is generated is fresh, and a contradiction in the source of truth is named."""

from __future__ import annotations

import copy
import math
import re
import struct
import sys
import zlib
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from tests.firmware.core import C_DIR

ROOT = C_DIR.parent
sys.path.insert(0, str(ROOT))

from generate import generated, main  # noqa: E402
from generator.emit_markdown import fill_tables  # noqa: E402
from generator.spec import SpecError, load, parse  # noqa: E402

pytestmark = pytest.mark.usefixtures("no_compiler")
TREE: dict[str, Any] = yaml.safe_load((ROOT / "imu_hinge.yaml").read_text(encoding="utf-8"))


def test_every_generated_file_is_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0, capsys.readouterr().out


def test_a_stale_file_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    paths = list(generated(load(ROOT / "imu_hinge.yaml")))
    monkeypatch.setattr("generate.generated", lambda _spec: {paths[0]: "other"})
    assert main(["--check"]) == 1
    assert f"differs: {paths[0].relative_to(ROOT.parent)}" in capsys.readouterr().out


def test_what_the_yaml_says_is_what_is_read() -> None:
    spec = parse(TREE)
    assert spec.service.uuid == "2e290001-de55-4c6b-8e89-49657c260bb0"
    assert [part.name for part in spec.characteristics] == ["info", "imu", "control", "transfer", "event"]
    assert spec.limit("payload_min") == 20
    assert spec.enum("opcode").values[-1].name == "abort"
    assert spec.struct("info").size == 36
    assert spec.struct("info").letters == "BBBBHBHBBffBHHIH6s"
    scale = spec.struct("config").fields[-2]
    assert (scale.name, scale.offset, scale.size) == ("acc_scale", 7, 4)


Change = Callable[[dict[str, Any]], None]


def set_in(*path: Any) -> Change:
    *keys, value = path

    def change(tree: dict[str, Any]) -> None:
        for key in keys[:-1]:
            tree = tree[key]
        tree[keys[-1]] = value

    return change


def field(struct: str, name: str, kind: str) -> Change:
    return lambda tree: tree["structs"][struct]["fields"].append({"name": name, "type": kind, "doc": ""})


WRONG: list[tuple[Change, str]] = [
    (set_in("uuids", "imu", "id", 4), "two parts have the same uuid"),
    (set_in("enums", "opcode", "values", "abort", "value", 1), "two values of opcode are the same number"),
    (set_in("enums", "state", "values", "pairing", "value", 48), "a flag of state is not a single bit"),
    (set_in("enums", "capability", "values", "log", "value", 0), "a flag of capability is not a single bit"),
    (set_in("enums", "status", "values", "sensor", "value", 256), "a value of status does not fit a byte"),
    (set_in("enums", "role", "values", "back", "value", -1), "a value of role does not fit a byte"),
    (set_in("enums", "opcode", "values", "abort", "value", 0x80), "opcode abort collides with the responses"),
    (set_in("enums", "opcode", "values", "abort", "request", "nothing"), "a command names the unknown struct nothing"),
    (set_in("limits", "Big", {"value": 1, "doc": ""}), "'Big' is not a name"),
    (field("event", "value", "u8"), "two fields of event have the same name"),
    (field("event", "more", "u24"), "event has a field of the unknown type 'u24'"),
    (field("sample", "late", "service_data"), "sample has a field of the unknown type 'service_data'"),
    (field("record_page_0", "more", "u8"), "record_page_0 is longer than a response may be"),
    (field("configure_request", "more", "bytes13"), "configure_request does not fit the smallest MTU"),
    (field("sample", "temperature", "i16"), "sample_bytes is not the size of sample"),
    (field("packet_header", "more", "u8"), "packet_header_bytes is not the size of packet_header"),
]


@pytest.mark.parametrize(("change", "message"), WRONG, ids=[message for _, message in WRONG])
def test_a_contradiction_is_named(change: Change, message: str) -> None:
    tree = copy.deepcopy(TREE)
    change(tree)
    with pytest.raises(SpecError, match=message):
        parse(tree)


def test_a_table_the_document_does_not_know_is_named() -> None:
    with pytest.raises(Exception, match="nonsense"):
        fill_tables("<!-- table: nonsense -->\n<!-- end -->\n", parse(TREE))


def test_a_change_reaches_every_language() -> None:
    tree = copy.deepcopy(TREE)
    tree["enums"]["event_type"]["values"]["nap"] = {"value": 77, "doc": "Asleep."}
    texts = {path.suffix: text for path, text in generated(parse(tree)).items()}
    assert "#define IMUH_EVENT_TYPE_NAP 77u" in texts[".h"]
    assert re.search(r"NAP = (77|0x4D)", texts[".py"])
    assert '[77] = "nap"' in texts[".lua"]
    assert "| 77 | `nap` | Asleep. |" in texts[".md"]


def test_the_worked_examples_are_right() -> None:
    """Section 15 of PROTOCOL.md, packed here from the numbers in its words."""
    document = (ROOT / "PROTOCOL.md").read_text(encoding="utf-8")
    examples = document[document.index("## 15 Worked examples") : document.index("## 16")]
    found = {
        re.sub(r"[^0-9A-F]", "", part)
        for block in examples.split("```")[1::2]
        for line in block.splitlines()
        for part in re.split(r"host|clip|on `", line)
    }
    uuid = bytes.fromhex("2e290001de554c6b8e8949657c260bb0")[::-1]
    serial = bytes.fromhex("0A1B2C3D4E5F")
    config = struct.pack("<HBHBBff", 208, 16, 2000, 50, 1, 0.488e-3 * 9.80665, 70e-3 * math.pi / 180)
    samples = struct.pack("<6h6h", 0, 0, 2049, 10, -10, 0, 32767, 0, 2049, 10, -10, 0)
    crc = zlib.crc32(samples)
    expected = [
        bytes([2, 1, 6, 17, 7]) + uuid + bytes([9, 9]) + b"IH-D4E5F",
        bytes([27, 0x21]) + uuid + bytes([1, 2, 0, 87]) + serial,
        bytes([1, 0, 2, 1]) + config + struct.pack("<BHHIH", 15, 9, 77, 12480, 416) + serial,
        struct.pack("<BBHI", 0x10, 0x12, 65535, 1_000_000) + samples,
        struct.pack("<BBI", 5, 7, 0x11223344),
        struct.pack("<BBBIII", 0x85, 7, 0, 0x11223344, 5_000_000, 5_000_120),
        struct.pack("<BBHBHB", 2, 1, 200, 16, 2000, 50),
        bytes([0x82, 1, 0]) + config,
        struct.pack("<BBB", 3, 2, 0),
        struct.pack("<BBBHBHI", 0x83, 2, 0, 9, 0, 0, 6_000_000),
        struct.pack("<BBBHI", 0x84, 8, 0, 9, 65537),
        struct.pack("<BBHH", 7, 3, 65535, 2),
        struct.pack("<BBBHH", 0x87, 3, 0, 65535, 2),
        struct.pack("<BBHI", 0x11, 0x12, 65535, 1_000_000) + samples,
        struct.pack("<BBHII", 0x1F, 0, 0, 2, crc),
        struct.pack("<BBQ", 9, 4, 1_767_225_600_000),
        struct.pack("<BBBHI", 0x86, 5, 0, 100, 7_000_000),
        struct.pack("<BBHI", 2, 3, 100, 7_000_000),
        struct.pack("<BBBBHHIQ", 0x91, 6, 0, 0, 5, 77, 2, 1_000_000),
        struct.pack("<BBBBQIB", 0x91, 7, 0, 1, 0, crc, 1),
        struct.pack("<BBHII", 0x12, 8, 5, 0, 0),
        struct.pack("<BBHI", 0x12, 0x12, 0, 1_000_000) + samples,
        struct.pack("<BBHI", 0x13, 9, 5, crc),
        bytes([0xFE, 4, 1]),
    ]
    assert [data.hex() for data in expected if data.hex().upper() not in found] == []
