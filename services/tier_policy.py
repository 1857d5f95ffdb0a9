"""Reads the tier policies of an installation from the files that the setting ``policy`` names."""

from __future__ import annotations

from pathlib import Path

from dispatch.errors import PolicyError
from dispatch.incidents.policy import Policies, Policy, default_policy
from services.errors import SettingsError
from services.jurisdictions import is_jurisdiction

FOR_ALL = "default"
"""Name, without its ending, of the file that holds for all centres without one of their own."""
ENDING = ".toml"
LONGEST_FILE_BYTES = 1 << 20
"""The default policy has some 6,000; anything this long is another file named by mistake."""


def read_policies(path: Path | None) -> Policies:
    """The policies in a file for all centres, or in a folder with ``CENTRE.toml`` for one centre
    each and ``default.toml`` for all others; the default where there is no path.

    A centre's file leaves out what is as in ``default.toml``, and that one what is as in the
    default policy. SettingsError names the file, and the table, key and range in it.
    """
    if path is None:
        return Policies(default_policy())
    if path.is_dir():
        return _read_folder(path)
    if path.is_file():
        return Policies(_read(path, default_policy()))
    raise SettingsError(
        f"The setting policy names {path}, which is no file and no folder. 'forestall policy' "
        "prints a file to begin with."
    )


def _read_folder(folder: Path) -> Policies:
    files = sorted(folder.glob(f"*{ENDING}"))
    if not files:
        raise SettingsError(
            f"The setting policy names the folder {folder}, which has no {FOR_ALL}{ENDING} and no "
            f"CENTRE{ENDING}. 'forestall policy' prints a file to begin with."
        )
    for_all = default_policy()
    by_centre: dict[str, Policy] = {}
    for file in files:
        if file.stem == FOR_ALL:
            for_all = _read(file, for_all)
    for file in files:
        if file.stem == FOR_ALL:
            continue
        if not is_jurisdiction(file.stem):
            raise SettingsError(
                f"{file}: {file.stem!r} is no centre; a policy of one centre is named like the "
                f"first word of its jurisdictions, such as 500101{ENDING}."
            )
        by_centre[file.stem] = _read(file, for_all)
    return Policies(for_all, by_centre)


def _read(file: Path, over: Policy) -> Policy:
    try:
        if file.stat().st_size > LONGEST_FILE_BYTES:
            raise SettingsError(f"{file} is too long to be a policy.")
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SettingsError(
            f"The policy {file} cannot be read: {error.strerror or error}."
        ) from None
    except UnicodeDecodeError:
        raise SettingsError(f"The policy {file} is no UTF-8 text.") from None
    try:
        return Policy.parse(text, over)
    except PolicyError as error:
        raise SettingsError(f"{file}: {error}") from None
