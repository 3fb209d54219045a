"""Which clip is worn where: this computer's memory before the clip's own, and every doubt named."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from bleak.backends.device import BLEDevice

from imu_hinge.errors import FormatError, LinkError
from imu_hinge.sensors.adapter import Found
from imu_hinge.sensors.driver import Identity
from imu_hinge.sensors.drivers import DRIVERS
from imu_hinge.sensors.roles import RoleStore, choose, guess, role_of
from imu_hinge.sensors.visit import resolve, soon


def found(serial: str, role: str | None = None) -> Found:
    device = BLEDevice("00:00", None, None)
    return Found(Identity(serial, role, 80, 1, "idle"), DRIVERS[0], -50, device)


def test_a_place_is_assigned_to_one_clip_and_a_clip_to_one_place(tmp_path: Path) -> None:
    store = RoleStore(tmp_path / "new" / "roles.json")
    assert store.load() == {}
    store.assign("A1", "thigh")
    store.assign("A2", "back")
    store.assign("A3", "thigh")
    store.assign("A2", "pelvis")
    assert store.load() == {"A3": "thigh", "A2": "pelvis"}
    store.assign("A3", None)
    assert store.load() == {"A2": "pelvis"}
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["roles.json"]


@pytest.mark.parametrize("text", ["{", "[]", '{"A1": "knee"}', '{"A1": 3}', "\ud800"])
def test_a_file_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "roles.json"
    path.write_bytes(text.encode("utf-8", errors="surrogatepass"))
    with pytest.raises(FormatError, match="assign the clips again"):
        RoleStore(path).load()


def test_what_this_computer_knows_counts_before_what_the_clip_remembers() -> None:
    assert role_of(found("A1", "thigh"), {}) == "thigh"
    assert role_of(found("A1", "thigh"), {"A1": "back"}) == "back"
    # Another clip has its place here.
    assert role_of(found("A1", "thigh"), {"A2": "thigh"}) is None


def test_all_clips_with_a_place_are_chosen_from_the_ground_up() -> None:
    around = [found("A1", "back"), found("A2", "thigh"), found("A3")]
    assert list(choose(around, {}, None).items()) == [("thigh", "A2"), ("back", "A1")]
    assert choose(around, {}, ("back",)) == {"back": "A1"}


def test_doubts_are_named_with_what_mends_them() -> None:
    with pytest.raises(LinkError, match=r"A1 and A2 both say.*clips assign SERIAL thigh"):
        choose([found("A1", "thigh"), found("A2", "thigh")], {}, None)
    with pytest.raises(LinkError, match=r"no clip for the back is seen.*Seen without a place: A3"):
        choose([found("A1", "thigh"), found("A3")], {}, ("thigh", "back"))
    with pytest.raises(LinkError, match="no clip is seen"):
        choose([], {}, None)
    with pytest.raises(LinkError, match="no clip has been assigned a place"):
        choose([found("A1")], {}, None)


def test_people_name_clips_by_place_serial_or_last_digits() -> None:
    around = {one.identity.serial: one for one in (found("AB01", "thigh"), found("AC01"), found("AC02"))}
    assert resolve("Thigh", around, {}).identity.serial == "AB01"
    assert resolve("ac02", around, {}).identity.serial == "AC02"
    assert resolve("02", around, {}).identity.serial == "AC02"
    assert (
        resolve("c02", around | {"C02": found("C02")}, {}).identity.serial == "C02"
    )  # all of it, not the end of another
    with pytest.raises(LinkError, match="several clips"):
        resolve("01", around, {})
    with pytest.raises(LinkError, match=r"no such clip is seen. Around are: AB01, AC01, AC02"):
        resolve("99", around, {})
    assert soon("thigh", {})(around)
    assert not soon("back", {})(around)
    assert soon("ac01", {})(around)
    assert not soon("01", {})(around)


def test_the_file_is_plain_json(tmp_path: Path) -> None:
    store = RoleStore(tmp_path / "roles.json")
    store.assign("A1", "back")
    assert json.loads((tmp_path / "roles.json").read_text(encoding="utf-8")) == {"A1": "back"}


def test_clips_without_a_place_are_taken_for_a_pair_where_nobody_said_anything() -> None:
    around = [found("A2"), found("A1")]
    assert guess(around, {}, None) == {"A1": "thigh", "A2": "back"}
    assert guess(around, {}, ("pelvis", "back")) == {"A1": "pelvis", "A2": "back"}


def test_what_is_known_of_a_pair_is_not_guessed() -> None:
    assert guess([found("A1"), found("A2", "thigh")], {}, None) == {"A1": "back"}
    assert guess([found("A1"), found("A2")], {"A1": "back"}, None) == {"A2": "thigh"}
    assert guess([found("A1"), found("A2")], {"A1": "pelvis"}, None) == {"A2": "thigh"}
    assert guess([found("A1"), found("A2", "thigh"), found("A3", "back")], {}, None) == {}
    assert guess([], {}, None) == {}


def test_a_clip_that_is_only_switched_off_is_not_replaced_by_whatever_is_around() -> None:
    assert guess([found("A1"), found("A3")], {"A1": "back", "A2": "thigh"}, None) == {}
    assert guess([found("A1"), found("A3")], {"A1": "back", "A2": "thigh"}, ("thigh", "back")) == {}


def test_more_clips_than_places_are_named_the_nearest_first_and_not_guessed_about() -> None:
    near = replace(found("A9"), rssi_dbm=-40)
    with pytest.raises(LinkError, match=r"3 clips have no place yet.*A9, A1, A2.*clips assign SERIAL thigh"):
        guess([found("A1"), found("A2"), near], {}, None)
    with pytest.raises(LinkError, match=r"2 clips have no place yet, and 1 is wanted for back"):
        guess([found("A1"), found("A2")], {"A0": "thigh"}, None)


def test_fewer_clips_than_places_are_told() -> None:
    with pytest.raises(LinkError, match=r"thigh and back are wanted, and without a place only A1 is seen"):
        guess([found("A1")], {}, None)


def test_a_clip_at_work_for_somebody_else_is_left_to_them() -> None:
    busy = replace(found("A0"), identity=Identity("A0", None, 80, 1, "logging", taken=True))
    around = [busy, found("A1"), found("A2")]
    assert guess(around, {}, None) == {"A1": "thigh", "A2": "back"}
    with pytest.raises(LinkError, match="3 clips"):
        guess(around, {}, None, take_over=True)
    assert set(guess([busy, found("A1")], {}, None)) == {"A0", "A1"}  # which is refused with the reason
