"""The C core against vectors made from the specification alone."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.firmware.core import C_DIR, STRICT, sources
from tests.firmware.vector_scripts import (
    SESSION,
    Case,
    cases,
    load_generator,
    make_program,
    program_input,
    split_output,
)

CASES = cases()


def run(program: Path, timeout: float = 60) -> list[list[str]]:
    done = subprocess.run(
        [program], input=program_input(CASES), capture_output=True, text=False, timeout=timeout, check=False
    )
    assert done.returncode == 0, done.stderr.decode()[-4000:]
    return split_output(done.stdout.decode())


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> list[list[str]]:
    return run(make_program("main_stdin.c", tmp_path_factory.mktemp("vectors") / "session", "-O2"))


@pytest.mark.parametrize("number", range(len(CASES)), ids=[case.name for case in CASES])
def test_the_core_does_what_the_vectors_say(number: int, printed: list[list[str]]) -> None:
    assert printed[number] == CASES[number].expected


def test_the_vectors_are_what_their_script_makes(no_compiler: None) -> None:
    assert load_generator().main(["--check"]) == 0, "run firmware_protocol/vectors/make_vectors.py"


def test_vectors_cover_the_protocol(no_compiler: None) -> None:
    """Every opcode, status, event and packet type the document names occurs in what is expected."""
    sessions = [case for case in CASES if case.name.startswith("session")]

    def bytes_of(name: str, at: int) -> set[int]:
        lines = (line.split() for case in sessions for line in case.expected)
        return {bytes.fromhex(parts[1])[at] for parts in lines if parts[0] == name}

    assert bytes_of("control", 0) >= {0x80 | op for op in [*range(1, 11), *range(0x10, 0x15)]}
    assert bytes_of("control", 2) >= set(range(13)) - {0x0A, 0x0B}  # not_supported: in control.json
    assert bytes_of("event", 0) == {1, 2, 3, 4, 5, 6}
    assert bytes_of("transfer", 0) == {0x11, 0x12, 0x1F}
    assert 0x0B in bytes_of("transfer", 1)


@pytest.mark.slow
def test_sanitizers_find_nothing(tmp_path: Path) -> None:
    flags = ["-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    assert run(make_program("main_stdin.c", tmp_path / "session", *flags), 120) == [case.expected for case in CASES]


@pytest.mark.slow
def test_big_packets_are_left_out_of_a_small_build(tmp_path: Path) -> None:
    """A firmware that never grants more than MTU 247 may build smaller; nothing else changes."""
    program = make_program("main_stdin.c", tmp_path / "session", "-O1", "-DIMUH_PACKET_BYTES_MAX=244")
    differing = {case.name for case, lines in zip(CASES, run(program), strict=True) if lines != case.expected}
    assert differing == {"packets: payload 514"}


DIALECTS = [
    ("gcc", "-std=c99"),
    ("gcc", "-std=c17"),
    ("clang", "-std=c99"),
    ("g++", "-xc++", "-std=c++11"),
    ("clang++", "-xc++", "-std=c++11"),
    ("arm-none-eabi-gcc", "-std=c99", "-mcpu=cortex-m0", "-mthumb"),
    ("arm-none-eabi-gcc", "-std=c99", "-mcpu=cortex-m4", "-mthumb"),
    ("arm-none-eabi-gcc", "-std=c99", "-mcpu=cortex-m33", "-mthumb"),
]


@pytest.mark.slow
@pytest.mark.parametrize("dialect", DIALECTS, ids=[" ".join(dialect) for dialect in DIALECTS])
def test_no_compiler_warns(dialect: tuple[str, ...], need: Callable[..., None], tmp_path: Path) -> None:
    need(dialect[0])
    for source in [*sources(), *SESSION, C_DIR / "test" / "main_fuzz.c"]:
        command = [*dialect, "-O2", *STRICT, f"-I{C_DIR / 'include'}", "-c", str(source), "-o", str(tmp_path / "o")]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_cppcheck_finds_nothing(need: Callable[..., None]) -> None:
    need("cppcheck")
    command = ["cppcheck", "--std=c99", "--enable=warning,style,performance,portability", "--error-exitcode=1"]
    command += ["--inline-suppr", "--suppress=missingIncludeSystem", "--suppress=unusedStructMember", "--quiet"]
    done = subprocess.run(
        [*command, f"-I{C_DIR / 'include'}", str(C_DIR / "src")],
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr + done.stdout


@pytest.mark.slow
def test_fuzzing_finds_nothing(need: Callable[..., None], tmp_path: Path) -> None:
    """libFuzzer on whole sessions, seeded with the vectors: ten seconds."""
    need("clang")
    flags = [
        "-O2",
        "-g",
        "-fsanitize=fuzzer,address,undefined",
        "-fno-sanitize-recover=all",
        "-DSESSION_SAMPLES_MAX=300",
    ]
    try:
        program = make_program("main_fuzz.c", tmp_path / "fuzz", *flags, compiler="clang", timeout=200)
    except subprocess.CalledProcessError as error:
        if "libclang_rt" in error.stderr:
            pytest.skip("libclang-rt is not installed")
        raise AssertionError(error.stderr) from error
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    shutil.copytree(C_DIR / "test" / "corpus", corpus, dirs_exist_ok=True)
    seeds: list[Case] = [case for case in CASES if not case.name.startswith("control")]
    for i, case in enumerate(seeds):
        (corpus / f"seed_{i}").write_bytes(case.script[:2000])
    command = [
        str(program),
        "-max_total_time=10",
        "-max_len=2000",
        "-timeout=10",
        "-verbosity=1",
        "-print_final_stats=1",
    ]
    done = subprocess.run(
        [*command, str(corpus)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    runs = [line for line in done.stderr.splitlines() if "number_of_executed_units" in line]
    print(runs)
    assert int(runs[0].split(":")[-1]) > len(seeds)
