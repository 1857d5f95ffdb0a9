"""``make screenshots``: the pages as people see them, in both languages, light and dark.

Every picture goes to ``var/screenshots``, to be looked at; those that the README shows are put side
by side, made small, and kept beside the pages.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser

from geodata.maps.compile import compile_map
from geodata.sketch import write_sketch
from tests.pages import console_pictures, field_pictures
from tests.pages.browsers import NOT_INSTALLED, find_chromium, running_browser
from tests.pages.conftest import Centre, open_centre

ALL = Path("var/screenshots")
SHOWN = Path("services/pages/pictures")
COLOURS = 96
"""Of a picture in the README: enough for a page, and a quarter of the bytes."""
GAP_PX = 16

Take = Callable[[Centre, Browser, Path], list[Path]]
"""Takes pictures into a folder; those that the README shows, from left to right."""
ALBUMS: dict[str, Take] = {"console": console_pictures.take, "field": field_pictures.take}


def main() -> None:
    executable = find_chromium()
    if executable is None:
        sys.exit(NOT_INSTALLED)
    for folder in (ALL, SHOWN):
        folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, running_browser(executable) as browser:
        where = Path(scratch)
        write_sketch(where / "sketch.osm.pbf")
        compile_map([where / "sketch.osm.pbf"], where / "map")
        for name, take in ALBUMS.items():
            with open_centre(where / "map", where / name) as centre:
                shown = take(centre, browser, ALL)
            side_by_side(shown, SHOWN / f"{name}.png")
            print(f"{name}: {ALL}/{name}_*.png and {SHOWN / name}.png")


def side_by_side(pictures: list[Path], to: Path) -> None:
    """The pictures in one row, small."""
    images = [Image.open(path).convert("RGB") for path in pictures]
    width = sum(image.width for image in images) + GAP_PX * (len(images) - 1)
    row = Image.new("RGB", (width, max(image.height for image in images)), "white")
    left = 0
    for image in images:
        row.paste(image, (left, 0))
        left += image.width + GAP_PX
    row.quantize(COLOURS, dither=Image.Dither.NONE).save(to, optimize=True)


if __name__ == "__main__":
    main()
