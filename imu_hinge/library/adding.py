"""Taking a session that was analysed elsewhere into the library: copied, never moved, never over another."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from imu_hinge.errors import LibraryError, OutputError
from imu_hinge.library.additions import Additions, read_additions, write_additions
from imu_hinge.library.began import FILE_TIME, SAID, began_of, header_utc_s
from imu_hinge.library.entry import read_entry
from imu_hinge.library.folders import RECORDING, SUMMARY
from imu_hinge.library.library import Library
from imu_hinge.session.library import new_folder

__all__ = ["add_files", "add_results"]

_COPIED: Final = (RECORDING, SUMMARY, "angles.csv", "report.html", "athlete.json", "session.json")


def add_results(library: Library, results: Path, began_utc_s: float | None) -> str:
    """Copy a folder of results into the library; gives the name of its folder there.

    ``began_utc_s`` (s since 1970) is when it began, None: as its files say. Raises LibraryError where the folder holds
    no summary of ours or is in the library already, OutputError where it cannot be copied.
    """
    try:
        if not (results / SUMMARY).exists():
            raise LibraryError(
                f"holds no {SUMMARY}",
                where=str(results),
                advice="Name a folder that imu-hinge analyze wrote, or a recording.",
            )
        try:
            read_entry(results)
        except LibraryError as error:
            raise LibraryError(error.what, where=str(results), advice="Analyse the recording again.") from error
        known = began_of(results)
        added = _begun(read_additions(results), began_utc_s, None if known.known_from != FILE_TIME else known.utc_s)
        files = {name: results / name for name in _COPIED if (results / name).is_file()}
        began_s = added.began_utc_s or known.utc_s
    except OSError as error:
        raise OutputError(f"cannot be read ({error.strerror or error})", path=str(results)) from error
    return _take(library, files, {}, added, began_s)


def add_files(library: Library, recording: Path, texts: Mapping[str, str | bytes], began_utc_s: float | None) -> str:
    """Copy a recording into the library beside what was made of it (file names and texts); gives its folder's name.

    Raises as ``add_results``.
    """
    try:
        header_s = header_utc_s(recording)
        added = _begun(Additions(), began_utc_s, recording.stat().st_mtime if header_s is None else None)
    except OSError as error:
        raise OutputError(f"cannot be read ({error.strerror or error})", path=str(recording)) from error
    began_s = added.began_utc_s or header_s or 0.0
    return _take(library, {RECORDING: recording}, texts, added, began_s)


def _begun(added: Additions, said_s: float | None, file_s: float | None) -> Additions:
    """When it began is kept where neither header nor folder name would tell it later."""
    if said_s is not None:
        return replace(added, began_utc_s=said_s, began_from=SAID)
    if added.began_utc_s is None and file_s is not None:
        return replace(added, began_utc_s=file_s, began_from=FILE_TIME)
    return added


def _take(
    library: Library, files: Mapping[str, Path], texts: Mapping[str, str | bytes], added: Additions, began_s: float
) -> str:
    """Make the folder under a hidden name, then give it its own: half a session is never seen."""
    contents = {name: text if isinstance(text, bytes) else text.encode() for name, text in texts.items()}
    new = (contents[SUMMARY] if SUMMARY in contents else files[SUMMARY].read_bytes(), round(began_s))
    for session in library.sessions():
        if round(session.began_s) == new[1] and (library.home / session.folder / SUMMARY).read_bytes() == new[0]:
            raise LibraryError("this session is in the library already", where=session.folder)
    hidden = library.home / f".adding-{secrets.token_hex(4)}"
    try:
        hidden.mkdir()
        for name, path in files.items():
            shutil.copy2(path, hidden / name)
        for name, content in contents.items():
            (hidden / name).write_bytes(content)
        if added != Additions():
            write_additions(hidden, added)
        folder = new_folder(library.home, began_s)
        hidden.rename(folder)
    except OSError as error:
        raise OutputError(
            f"cannot be added ({error.strerror or error})",
            path=str(library.home),
            advice="Check the folder, its permissions and the free space.",
        ) from error
    finally:
        shutil.rmtree(hidden, ignore_errors=True)
    library.refresh()
    return folder.name
