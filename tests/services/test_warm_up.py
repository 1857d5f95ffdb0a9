"""Who asks first does not wait for a kernel to be loaded, or, on a new machine, compiled."""

from __future__ import annotations

import gc
import multiprocessing
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import shapely
from numba.core.dispatcher import Dispatcher

from dispatch.fixes import FixBatch
from dispatch.live_picture import LivePicture
from geodata.cells import cells_of
from geodata.edge_boxes import edges_meeting
from services.engine import MapEngine, open_engine
from services.jurisdictions import EVERYTHING, Jurisdictions
from services.ledger.database import now_s
from services.recommendations import PlaceBody, RecommendationBody, WantBody, answer
from services.settings import Settings
from services.warm_up import warm_up
from tests.services.town import at


def test_no_question_is_the_first_to_want_a_kernel(map_folder):
    """A kernel that nobody asked for before takes seconds on a new machine, and the first alert
    there would wait for it. Asked in a process of its own, in which nothing is loaded yet."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as alone:
        assert alone.submit(wanted_after_warm_up, map_folder).result() == {}


def test_without_the_warm_up_every_one_of_these_questions_wants_kernels(map_folder):
    """So that the test above would notice."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as alone:
        wanted = alone.submit(wanted_without, map_folder).result()
    assert set(wanted) == set(QUESTIONS)


def wanted_after_warm_up(map_folder: Path) -> dict[str, list[str]]:
    """Kernels that are loaded while questions are answered, by question, after the warm-up."""
    engine = open_engine(map_folder)
    warm_up(engine, Settings(_env_file=None))
    return {name: kernels for name in QUESTIONS if (kernels := wanted_by(engine, name))}


def wanted_without(map_folder: Path) -> dict[str, list[str]]:
    """The same without it."""
    engine = open_engine(map_folder)
    return {name: kernels for name in QUESTIONS if (kernels := wanted_by(engine, name))}


def wanted_by(engine: MapEngine, name: str) -> list[str]:
    before = loaded()
    QUESTIONS[name](engine)
    return sorted((loaded() - before).keys())


def loaded() -> Counter[str]:
    """How many versions of each kernel are loaded."""
    return Counter(
        {
            f"{kernel.py_func.__module__}.{kernel.py_func.__name__}": len(kernel.overloads)
            for kernel in gc.get_objects()
            if isinstance(kernel, Dispatcher)
        }
    )


def who_should_go(engine: MapEngine) -> None:
    """Two officers are wanted; one is near, one looks near and is across the river."""
    ask(engine, [WantBody(kinds=["officer"], count=1)])


def who_is_missing(engine: MapEngine) -> None:
    """More are wanted than there are."""
    ask(engine, [WantBody(kinds=["officer"], count=9)])


def who_cannot_come(engine: MapEngine) -> None:
    """Nobody can be there in time: it is looked whether any way is open to them."""
    ask(engine, [WantBody(kinds=["officer"], count=1)], within_s=1.0)


def who_is_in_a_cell(engine: MapEngine) -> None:
    place = at("B")
    (cell,) = cells_of([place["lon"]], [place["lat"]], 8)
    picture_of(engine).in_cell(int(cell), EVERYBODY, now_s())


def which_roads_an_area_closes(engine: MapEngine) -> None:
    place = at("B")
    edges_meeting(engine.network, shapely.Point(place["lon"], place["lat"]).buffer(0.002))


QUESTIONS: dict[str, Callable[[MapEngine], None]] = {
    "who should go": who_should_go,
    "who is missing": who_is_missing,
    "who cannot come": who_cannot_come,
    "who is in a cell": who_is_in_a_cell,
    "which roads an area closes": which_roads_an_area_closes,
}
EVERYBODY = Jurisdictions([EVERYTHING])


def picture_of(engine: MapEngine) -> LivePicture:
    picture = LivePicture(engine.network, engine.snapper)
    places = [at("B"), at("G")]
    batch = FixBatch.of(
        ["near", "across the river"],
        [place["lon"] for place in places],
        [place["lat"] for place in places],
        now_s() - 1.0,
        jurisdiction="rivertown",
        kind="officer",
    )
    picture.apply(batch, now_s())
    return picture


def ask(engine: MapEngine, wants: list[WantBody], within_s: float | None = None) -> None:
    more = {} if within_s is None else {"within_s": within_s}
    body = RecommendationBody(place=PlaceBody(**at("A")), wants=wants, **more)
    answer(body, picture_of(engine), engine.now, EVERYBODY, now_s())
