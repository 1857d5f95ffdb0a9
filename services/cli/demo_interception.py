"""The story of the coach: ``forestall demo interception``."""

from __future__ import annotations

import json
import shutil
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from geodata.network import RoadNetwork
from geodata.sketch.areas import sketch_areas
from geodata.sketch.atlas import TOWNS
from services.cli.screen import err, out
from services.demo.centres import SPEED, WANZHOU, Centre, Json, Patrol, two_centres
from services.demo.chase import Chase, Coach
from services.demo.plan_picture import draw_plan
from services.demo.print_plan import clock, minutes, moment_text, print_plan, print_seal
from services.time_source import now_s

SEEN = (108.3480, 30.8640)
"""万州天城: the interchange where the coach from Wanzhou takes the expressway to Kaizhou."""
SEEN_HEADING_DEG = 30.0
FOUND_AFTER_S = 240.0
"""So long after the coach came by the record of the gate is found."""
TO_KAIZHOU = (108.4031, 31.1620)
IN_TOWN = (108.391, 30.809)
EARLY_EXIT, EARLY_TOWN = (108.3980, 31.0790), "赵家"
OFF_THE_CARRIAGEWAY = ["toll_gate", "ramp", "service_area", "junction"]
"""A coach full of people is stopped where it is slow anyway."""
WANZHOUS_CARS = ("高笋塘", "周家坝", "天城", "百安坝")
KAIZHOUS_CARS = ("汉丰", "镇东", "赵家", "南门")
COACH_DRIVES = 0.95
"""Times the map's own speed."""


@dataclass(frozen=True)
class Stage:
    """What all three cases are played on."""

    wanzhou: Centre
    kaizhou: Centre
    network: RoadNetwork
    patrol: Patrol
    folder: Path

    def chase(self) -> Chase:
        return Chase(self.wanzhou, [self.kaizhou], self.patrol, _say)


def show_interception(map_folder: Path, data_dir: Path, network: RoadNetwork, once: bool) -> None:
    """Play the three cases on two services of their own; their pictures stay in the folder."""
    shutil.rmtree(data_dir, ignore_errors=True)
    with ExitStack() as stack:
        with err.status("Starting two services, Wanzhou's and Kaizhou's, whose clocks run fast"):
            wanzhou, kaizhou = stack.enter_context(two_centres(map_folder, data_dir))
        out.rule("Forestall 以快打快 · stopping the coach 高速公路拦截")
        out.print(f"Map: {network.title}", markup=False)
        out.print(f"Two services, {SPEED:.0f} times as fast as real:", markup=False)
        for centre in (wanzhou, kaizhou):
            out.print(f"  {centre.name}  {centre.address}", markup=False)
        stage = Stage(wanzhou, kaizhou, network, Patrol(), data_dir)
        _everybody_on_duty(stage)
        stage.patrol.start()
        stack.callback(stage.patrol.end)
        _the_coach(stage)
        _off_the_expressway(stage)
        _no_seal(stage)
        if not once:
            out.print("\nThe services stay. Ctrl-C ends the demonstration.")
            threading.Event().wait()


def _the_coach(stage: Stage) -> None:
    """Seen once, Kaizhou offers, the car at the toll gate is there first."""
    title = "The coach to Kaizhou 大巴去开州"
    out.rule(f"1. {title}")
    chase, coach = _begin(stage, [SEEN, TO_KAIZHOU], {"relay": False, "least_gain": 0.1})
    plan = _planned_and_committed(chase)
    _keep(stage, plan, title, chase, coach, "coach")
    _meet(chase, coach)


def _off_the_expressway(stage: Stage) -> None:
    """The driver leaves the expressway at Zhaojia, where nobody stops him; the gate's record moves
    the plan."""
    title = "The same coach leaves the expressway early 提前下道"
    out.rule(f"2. {title}")
    town = next(one for one in TOWNS if one.name == EARLY_TOWN)
    # No gate can be called this time, and nobody is sent for what few drivers do.
    chase, coach = _begin(
        stage,
        [SEEN, EARLY_EXIT, (town.lon, town.lat), TO_KAIZHOU],
        {"relay": False, "call_staff": False, "least_gain": 0.15},
    )
    plan = _planned_and_committed(chase)
    leaves_at_s = coach.passes(town.lon, town.lat)
    met = chase.meeting(coach)
    if leaves_at_s is not None and (met is None or met.comes_at_s > leaves_at_s):
        chase.play_until(lambda at_s: at_s >= leaves_at_s)
        _say(f"a camera in {EARLY_TOWN} has the coach: it has left the expressway")
        chase.lead.post(
            f"{chase.path}/sightings",
            {
                "lon": town.lon,
                "lat": town.lat,
                "seen_at": moment_text(leaves_at_s),
                "source": "camera 卡口",
            },
        )
        plan = _planned_and_committed(chase)
    _keep(stage, plan, title, chase, coach, "early")
    _meet(chase, coach)


def _no_seal(stage: Stage) -> None:
    """Nobody knows where the subject is going: which ways out of Wanzhou stay open, and why."""
    title = "A car that cannot be sealed in 无法封控"
    out.rule(f"3. {title}")
    (area,) = (
        one["geometry"]
        for one in sketch_areas()["features"]
        if one["properties"]["jurisdiction"] == WANZHOU
    )
    chase = stage.chase()
    lon, lat = IN_TOWN
    chase.open(
        {
            "description": "黑色轿车，取现人",
            "sighting": {
                "lon": lon,
                "lat": lat,
                "seen_at": moment_text(now_s() - 60.0),
                "source": "camera 卡口",
            },
            "area": area,
            "fastest": 1.3,
        }
    )
    _say("a black car was seen in Wanzhou a minute ago; it may leave the district anywhere")
    plan = chase.plan()
    _tell_offers(chase, plan)
    print_plan(out, plan)
    print_seal(out, plan)
    _keep(stage, plan, title, chase, None, "no-seal")
    chase.lead.delete(chase.path)
    _say("stood down: every car and both centres were told")


def _begin(stage: Stage, stops: list[tuple[float, float]], settings: Json) -> tuple[Chase, Coach]:
    """The coach left some minutes ago; the record of the gate is found now."""
    left_at_s = now_s() - FOUND_AFTER_S
    coach = Coach.driving(stage.wanzhou, stops, left_at_s, COACH_DRIVES)
    chase = stage.chase()
    lon, lat = SEEN
    chase.open(
        {
            "description": "蓝色大巴，万州至开州",
            "sighting": {
                "lon": lon,
                "lat": lat,
                "seen_at": moment_text(left_at_s),
                "heading_deg": SEEN_HEADING_DEG,
                "source": "toll gate 收费站",
            },
            "destinations": [{"lon": TO_KAIZHOU[0], "lat": TO_KAIZHOU[1], "name": "开州 Kaizhou"}],
            "slowest": 0.8,
            "fastest": 1.15,
            "settings": {"kinds": OFF_THE_CARRIAGEWAY, **settings},
        }
    )
    _say(
        f"the gate's record says that the coach took the expressway at {clock(left_at_s)}; a "
        "passenger carries 80,000 in cash"
    )
    return chase, coach


def _planned_and_committed(chase: Chase) -> Json:
    """The plan with the neighbour's offers, looked at and carried out."""
    plan = chase.plan()
    _tell_offers(chase, plan)
    print_plan(out, plan)
    now = chase.commit(plan)
    held = sum(
        post["holder"] == "neighbour" and post["state"] not in ("withdrawn", "released")
        for one in now["checkpoints"]
        for post in one["posts"]
    )
    cars = ", ".join(sorted(chase.cars))
    _say(f"committed; on the way: {cars or 'nobody'}; confirmed by Kaizhou: {held}")
    return plan


def _meet(chase: Chase, coach: Coach) -> None:
    """Play until the first who are in the coach's way have it, or it gets past."""
    met = chase.meeting(coach)
    if met is None:
        chase.play_until(lambda at_s: at_s >= float(coach.at_s[-1]))
        _say("the coach has got past everybody; the case is stood down")
        chase.lead.delete(chase.path)
        return
    chase.play_until(lambda at_s: at_s >= met.comes_at_s)
    chase.caught(met)
    _say(
        f"the coach comes to {met.checkpoint['name'] or met.checkpoint['id']}: {met.who} of "
        f"{met.centre.name} has been there for {minutes(met.comes_at_s - met.ready_at_s)}. It is "
        "stopped, the money is on board, both centres' cases are closed.\n"
    )


def _everybody_on_duty(stage: Stage) -> None:
    """Police cars stand in their towns and report."""
    known = {town.name: town for town in TOWNS}
    for centre, prefix, towns in (
        (stage.wanzhou, "WZ", WANZHOUS_CARS),
        (stage.kaizhou, "KZ", KAIZHOUS_CARS),
    ):
        for number, name in enumerate(towns, start=1):
            town = known[name]
            stage.patrol.is_at(centre, f"{prefix}-{number:02}", town.lon, town.lat)


def _tell_offers(chase: Chase, plan: Json) -> None:
    now = chase.is_now()
    names = {
        one["properties"]["id"]: one["properties"]["name"]
        for one in plan["features"]
        if one["properties"]["feature"] in ("checkpoint", "candidate")
    }
    for one in now["centres"]:
        offers = [offer for offer in now["offers"] if offer["centre"] == one["centre"]]
        centre = next(other for other in chase.others if other.code == one["centre"])
        if not offers:
            _say(f"{centre.name} offers nothing ({one['reason'] or 'no answer'})")
            continue
        told = ", ".join(
            f"{names.get(offer['checkpoint_id']) or offer['checkpoint_id']} from "
            f"{clock(offer['ready_at'])}"
            for offer in offers
        )
        _say(f"{centre.name} offers: {told}")


def _keep(
    stage: Stage, plan: Json, title: str, chase: Chase, coach: Coach | None, name: str
) -> None:
    """Write the plan as a picture and as GeoJSON."""
    picture, geojson = stage.folder / f"{name}.png", stage.folder / f"{name}.geojson"
    draw_plan(stage.network, plan, title, list(chase.cars.values()), coach, picture)
    geojson.write_text(json.dumps(plan, ensure_ascii=False), encoding="utf-8")
    out.print(f"Picture: {picture}   GeoJSON: {geojson}", markup=False, soft_wrap=True)


def _say(text: str) -> None:
    out.print(f"{clock(now_s())}  {text}", markup=False, soft_wrap=True)
