"""The API reference is built from docstrings, and everything promised has one."""

from __future__ import annotations

import html
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import imu_hinge

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTED = [name for name in imu_hinge.__all__ if name != "__version__"]


@pytest.mark.parametrize("name", DOCUMENTED)
def test_every_promised_name_has_a_docstring_of_its_own(name: str) -> None:
    thing = getattr(imu_hinge, name)
    doc = thing.__doc__
    assert doc
    assert not doc.startswith(f"{name}("), "what dataclass writes where there is none"
    assert doc.split("\n\n")[0].strip().endswith((".", ":", ")"))
    if inspect.isclass(thing) and not issubclass(thing, BaseException):
        methods = [m for n, m in vars(thing).items() if inspect.isfunction(m) and not n.startswith("_")]
        assert [m.__name__ for m in methods if not inspect.getdoc(m)] == []


@pytest.mark.slow
def test_the_reference_builds_without_a_warning_and_names_everything(tmp_path: Path) -> None:
    pytest.importorskip("pdoc", reason="the dev extra has it")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    modules = re.findall(r"^API := (.*)$", makefile, flags=re.MULTILINE)[0].split()
    words = [sys.executable, "-W", "error", "-m", "pdoc", *modules, "--output-directory", str(tmp_path)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    pages = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.html")}
    assert {f"{module.replace('.', '/')}.html" for module in modules} <= pages
    page = (tmp_path / "imu_hinge.html").read_text(encoding="utf-8")
    missing = [name for name in imu_hinge.__all__ if f'id="{name}"' not in page]
    assert missing == []
    shown = " ".join(html.unescape(re.sub(r"<[^>]+>", "", page)).split())
    for name in DOCUMENTED:
        first = " ".join((getattr(imu_hinge, name).__doc__ or "").split("\n\n")[0].replace("`", "").split())
        assert first[:40] in shown, name
