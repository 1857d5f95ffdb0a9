"""Instructions in English."""

from __future__ import annotations

from geodata.network import Manner
from geodata.routes.instructions.measures import compass_point, spoken_distance
from geodata.routes.road_signs import listed
from geodata.routes.steps import Step

COMPASS = (
    "north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest",
)  # fmt: skip

TURNS = {
    "uturn": "Make a U-turn",
    "sharp right": "Turn sharp right",
    "right": "Turn right",
    "slight right": "Bear right",
    "straight": "Go straight",
    "slight left": "Bear left",
    "left": "Turn left",
    "sharp left": "Turn sharp left",
}

VERBS = {"driving": "drive", "cycling": "ride", "walking": "walk"}

HEADS = {"driving": "Head", "cycling": "Ride", "walking": "Walk"}


def sentence(step: Step) -> str:
    """What to say at this step."""
    return _SENTENCES.get(step.type, _turn)(step)


def _depart(step: Step) -> str:
    compass = COMPASS[compass_point(step.bearing_after_deg)]
    far = f" for {_distance(step.distance_m)}" if step.distance_m >= 1 else ""
    on = f" on {_road(step)}" if _road(step) else ""
    if step.manner == Manner.FERRY:
        return f"Take the ferry{on}{far}"
    if step.manner == Manner.PUSHING:
        return f"Push the bike {compass}{on}{far}"
    start = f"{HEADS.get(step.mode, 'Head')} {compass}{on}"
    if step.manner == Manner.AGAINST_ONE_WAY:
        return f"{start} against the one-way street{far}, with care"
    return f"{start}{far}"


def _arrive(step: Step) -> str:
    where = f", on the {step.modifier}" if step.modifier in ("left", "right") else ""
    if step.is_final:
        return f"You have arrived at your destination{where}"
    return f"You have arrived at stop {step.waypoint}{where}"


def _turn(step: Step) -> str:
    return _with_rest(step, TURNS[step.modifier or "straight"] + _onto(step))


def _new_name(step: Step) -> str:
    bend = {"right": "Follow the road right", "left": "Follow the road left"}.get(
        (step.modifier or "").split(" ")[-1], "Continue straight"
    )
    return _with_rest(step, bend + _onto(step))


def _continue(step: Step) -> str:
    stay = f" to stay on {_road(step)}" if _road(step) else ""
    if step.modifier == "uturn":
        stay = f" on {_road(step)}" if _road(step) else ""
    return _with_rest(step, TURNS[step.modifier or "straight"] + stay)


def _fork(step: Step) -> str:
    side = (step.modifier or "straight").split(" ")[-1]
    keep = {"right": "Keep right", "left": "Keep left"}.get(side, "Keep to the middle")
    return _with_rest(step, f"{keep} at the fork{_onto(step)}")


def _end_of_road(step: Step) -> str:
    turn = TURNS[step.modifier or "straight"]
    return _with_rest(step, f"At the end of the road {turn[0].lower()}{turn[1:]}{_onto(step)}")


def _merge(step: Step) -> str:
    side = {"right": " right", "left": " left"}.get((step.modifier or "").split(" ")[-1], "")
    return _with_rest(step, f"Merge{side}{_onto(step)}")


def _on_ramp(step: Step) -> str:
    side = (step.modifier or "straight").split(" ")[-1]
    where = f" on the {side}" if side in ("left", "right") else ""
    if step.modifier in ("right", "left", "sharp right", "sharp left"):
        return _with_rest(step, f"{TURNS[step.modifier]} onto {_road(step) or 'the ramp'}")
    return _with_rest(step, f"Take the ramp{where}{_onto(step)}")


def _off_ramp(step: Step) -> str:
    side = (step.modifier or "straight").split(" ")[-1]
    where = f" on the {side}" if side in ("left", "right") else ""
    name = " ".join(part for part in (step.exits, step.place_name) if part)
    which = f"exit {name}" if name else "the exit"
    return _with_rest(step, f"Take {which}{where}{_onto(step)}")


def _roundabout(step: Step) -> str:
    ring = step.rotary_name or "the roundabout"
    if step.exit is None:
        return f"Enter {ring}"
    return f"Enter {ring} and take the {_ordinal(step.exit)} exit{_onto(step)}{_towards(step)}"


def _exit_roundabout(step: Step) -> str:
    return _with_rest(step, f"Leave the roundabout{_onto(step)}")


def _roundabout_turn(step: Step) -> str:
    turn = TURNS[step.modifier or "straight"]
    return _with_rest(step, f"At the roundabout {turn[0].lower()}{turn[1:]}{_onto(step)}")


def _notification(step: Step) -> str:
    if step.manner == step.manner_before and step.passes_toll_gate:
        return f"Pass {_gate(step)} and {_go(step)}"
    start = ""
    if step.manner == Manner.NORMAL:
        start = {
            Manner.FERRY: "Leave the ferry and ",
            Manner.PUSHING: "Get back on and ",
            Manner.AGAINST_ONE_WAY: "You are with the traffic again: ",
        }.get(step.manner_before, "")
    on = f" on {_road(step)}" if _road(step) else ""
    go = f"{start}{_go(step, on)}"
    return go[0].upper() + go[1:] + _toll(step)


_SENTENCES = {
    "depart": _depart,
    "arrive": _arrive,
    "new name": _new_name,
    "continue": _continue,
    "fork": _fork,
    "end of road": _end_of_road,
    "merge": _merge,
    "on ramp": _on_ramp,
    "off ramp": _off_ramp,
    "roundabout": _roundabout,
    "rotary": _roundabout,
    "exit roundabout": _exit_roundabout,
    "exit rotary": _exit_roundabout,
    "roundabout turn": _roundabout_turn,
    "notification": _notification,
}
"""By manoeuvre type; what is not listed is a turn."""


def _with_rest(step: Step, start: str) -> str:
    """The manoeuvre, where it leads, and the drive after it."""
    if step.distance_m < 1 and step.manner == Manner.NORMAL:
        return f"{start}{_towards(step)}{_toll(step)}"
    return f"{start}{_towards(step)} and {_go(step)}{_toll(step)}"


def _road(step: Step) -> str:
    number = "" if step.is_ramp and step.type != "depart" else listed(step.ref, "/")
    if step.name and number:
        return f"{step.name} ({number})"
    return step.name or number


def _onto(step: Step) -> str:
    road = _road(step)
    return f" onto {road}" if road else ""


def _towards(step: Step) -> str:
    return f" towards {step.destinations}" if step.destinations else ""


def _toll(step: Step) -> str:
    if step.passes_toll_gate:
        return f", passing {_gate(step)}"
    return ""


def _gate(step: Step) -> str:
    if not step.place_name:
        return "the toll gate"
    if step.place_name.endswith("收费站"):
        return step.place_name
    return f"the {step.place_name} toll gate"


def _go(step: Step, on: str = "") -> str:
    """How the mode moves, and how far."""
    far = f" {_distance(step.distance_m)}" if step.distance_m >= 1 else ""
    if step.manner == Manner.FERRY:
        return f"take the ferry{on} for{far}" if far else f"take the ferry{on}"
    if step.manner == Manner.PUSHING:
        return f"push the bike{on} for{far}" if far else f"push the bike{on}"
    verb = VERBS.get(step.mode, "drive")
    if far and (on or step.manner == Manner.AGAINST_ONE_WAY):
        far = f" for{far}"
    if step.manner == Manner.AGAINST_ONE_WAY:
        return f"{verb}{on} against the one-way street{far}, with care"
    return f"{verb}{on}{far}"


def _distance(distance_m: float) -> str:
    number, kilometres = spoken_distance(distance_m)
    return f"{number} {'km' if kilometres else 'm'}"


def _ordinal(number: int) -> str:
    if 10 <= number % 100 <= 20:
        return f"{number}th"
    return f"{number}{({1: 'st', 2: 'nd', 3: 'rd'}).get(number % 10, 'th')}"
