"""The built pages, held in memory: what ``make pages`` wrote into ``services/pages/built``.

They are some two megabytes. Names of files under ``assets/`` contain a hash of their content, so a
browser may keep them for ever; the pages themselves are asked for anew each time.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from services.errors import ProblemError

BUILT = Path(__file__).parent / "pages" / "built"
ASSETS = "assets/"
_COMPRESSED = ("text/", "application/json", "application/manifest+json", "image/svg+xml")
_MEDIA_TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".webmanifest": "application/manifest+json",
}
"""Those that ``mimetypes`` takes from the machine's tables, where they may be missing."""


@dataclass(frozen=True, slots=True)
class PageFile:
    """One file, ready to be sent."""

    body: bytes
    compressed: bytes | None
    """The same under gzip; None where that would gain nothing."""
    media_type: str
    etag: str
    lasting: bool
    """Whether the content under this name never changes."""


class PageFiles:
    """Every file of the built pages by its name below the folder. Immutable."""

    def __init__(self, folder: Path = BUILT) -> None:
        self._files = {
            path.relative_to(folder).as_posix(): _read(path, path.relative_to(folder).as_posix())
            for path in sorted(folder.rglob("*"))
            if path.is_file() and not path.name.startswith(".")
        }

    def file(self, name: str) -> PageFile:
        """The file of this name. Raises ProblemError where there is none, or nothing is built."""
        if not self._files:
            raise ProblemError(
                "pages-not-built", "The pages of this checkout are not built yet: run 'make pages'."
            )
        found = self._files.get(name)
        if found is None:
            raise ProblemError("not-found", "There is no such file.")
        return found


def _read(path: Path, name: str) -> PageFile:
    body = path.read_bytes()
    media_type = _MEDIA_TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    media_type = media_type or "application/octet-stream"
    small = gzip.compress(body, mtime=0) if media_type.startswith(_COMPRESSED) else body
    return PageFile(
        body=body,
        compressed=small if len(small) < len(body) else None,
        media_type=f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type,
        etag=f'"{hashlib.sha256(body).hexdigest()[:20]}"',
        lasting=name.startswith(ASSETS),
    )
