"""Instructions in Chinese, worded as the navigation apps of the country word them."""

from __future__ import annotations

from geodata.network import Manner
from geodata.routes.instructions.measures import compass_point, spoken_distance
from geodata.routes.road_signs import listed
from geodata.routes.steps import Step

COMPASS = ("北", "东北", "东", "东南", "南", "西南", "西", "西北")

TURNS = {
    "uturn": "掉头",
    "sharp right": "向右后方转弯",
    "right": "右转",
    "slight right": "向右前方",
    "straight": "直行",
    "slight left": "向左前方",
    "left": "左转",
    "sharp left": "向左后方转弯",
}

SIDES = {"right": "右侧", "left": "左侧"}

VERBS = {"driving": "行驶", "cycling": "骑行", "walking": "步行"}

RING_WORDS = ("环岛", "转盘", "圆盘", "环")


def sentence(step: Step) -> str:
    """What to say at this step."""
    return _SENTENCES.get(step.type, _turn)(step)


def _depart(step: Step) -> str:
    heading = f"向{COMPASS[compass_point(step.bearing_after_deg)]}"
    return f"{_along(step)}{heading}{_go(step, starts=True)}"


def _arrive(step: Step) -> str:
    side = SIDES.get(step.modifier or "")
    if step.is_final:
        return f"到达目的地，目的地在道路{side}" if side else "到达目的地"
    return f"到达第{step.waypoint}个途经点" + (f"，在道路{side}" if side else "")


KEEPS = {
    "driving": {"right": "靠右行驶", "left": "靠左行驶", "straight": "走中间道路"},
    "cycling": {"right": "靠右骑行", "left": "靠左骑行", "straight": "走中间道路"},
    "walking": {"right": "走右侧道路", "left": "走左侧道路", "straight": "走中间道路"},
}


def _turn(step: Step) -> str:
    return _with_rest(step, _turned(step))


def _turned(step: Step) -> str:
    """The turn and the road it leads onto."""
    modifier = step.modifier or "straight"
    return TURNS[modifier] + _onto(step)


def _new_name(step: Step) -> str:
    bend = {"right": "顺路向右", "left": "顺路向左"}.get((step.modifier or "").split(" ")[-1])
    return _with_rest(step, f"{bend or '继续直行'}{_onto(step)}")


def _continue(step: Step) -> str:
    turn = TURNS[step.modifier or "straight"]
    road = _road(step)
    if not road:
        return _with_rest(step, turn)
    if turn.endswith("方"):
        turn += "转弯"
    return _with_rest(step, f"{turn}，{'' if step.modifier == 'uturn' else '继续'}沿{road}", "")


def _fork(step: Step) -> str:
    side = (step.modifier or "straight").split(" ")[-1]
    keep = KEEPS.get(step.mode, KEEPS["driving"])[side]
    return _with_rest(step, f"在岔路口{keep}" + (f"，进入{_road(step)}" if _road(step) else ""))


def _end_of_road(step: Step) -> str:
    return _with_rest(step, f"在道路尽头{_turned(step)}")


def _merge(step: Step) -> str:
    side = {"right": "向右", "left": "向左"}.get((step.modifier or "").split(" ")[-1], "")
    return _with_rest(step, f"{side}汇入{_road(step) or '主路'}")


def _on_ramp(step: Step) -> str:
    side = (step.modifier or "straight").split(" ")[-1]
    enter = {"right": "靠右驶入", "left": "靠左驶入"}.get(side, "驶入")
    if step.modifier in ("right", "left", "sharp right", "sharp left", "uturn"):
        enter = f"{TURNS[step.modifier]}驶入"
    return _with_rest(step, f"{enter}{_road(step) or '匝道'}")


def _off_ramp(step: Step) -> str:
    side = {"right": "靠右", "left": "靠左"}.get((step.modifier or "").split(" ")[-1], "")
    if step.place_name:
        number = f"（{step.exits}）" if step.exits else ""
        start = f"{side}从{_suffixed(step.place_name, ('出口',))}{number}驶出"
    elif step.exits:
        start = f"{side}从出口 {step.exits} 驶出"
    else:
        start = f"{side}驶出主路"
    return _with_rest(step, start + (f"，进入{_road(step)}" if _road(step) else ""))


def _roundabout(step: Step) -> str:
    ring = _suffixed(step.rotary_name, RING_WORDS) if step.rotary_name else "环岛"
    if step.exit is None:
        return f"进入{ring}"
    onto = f"，进入{_road(step)}" if _road(step) else ""
    return f"进入{ring}，在第{step.exit}个出口驶出{onto}{_towards(step)}"


def _exit_roundabout(step: Step) -> str:
    return _with_rest(step, f"驶出环岛{'，进入' + _road(step) if _road(step) else ''}")


def _roundabout_turn(step: Step) -> str:
    return _with_rest(step, f"在环岛{_turned(step)}")


def _notification(step: Step) -> str:
    if step.manner == step.manner_before and step.passes_toll_gate:
        return f"通过{_gate(step)}，继续{_go(step)}"
    if step.manner == Manner.NORMAL:
        before = {
            Manner.FERRY: "下轮渡",
            Manner.PUSHING: "上车",
            Manner.AGAINST_ONE_WAY: "恢复顺向行驶",
        }.get(step.manner_before)
        start = f"{before}，" if before else ""
        return f"{start}{_along(step) or '继续'}{_go(step)}{_toll(step)}"
    return f"{_along(step) if step.manner != Manner.FERRY else ''}{_go(step)}{_toll(step)}"


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


def _with_rest(step: Step, start: str, link: str = "，") -> str:
    """The manoeuvre, where it leads, and the drive after it."""
    if start.endswith("方") and not step.destinations:
        link = ""  # 向右前方行驶 50 米
    if step.distance_m < 1 and step.manner == Manner.NORMAL:
        return f"{start}{_towards(step)}{_toll(step)}"
    go = _go(step)
    verb = VERBS.get(step.mode, "")
    if verb and not step.destinations and start.endswith(verb) and go.startswith(verb):
        start, link = start.removesuffix(verb), ""  # 靠右行驶 300 米
    return f"{start}{_towards(step)}{link}{go}{_toll(step)}"


def _road(step: Step) -> str:
    number = "" if step.is_ramp and step.type != "depart" else listed(step.ref, "/")
    if step.name and number:
        return f"{step.name}（{number}）"
    return step.name or number


def _onto(step: Step) -> str:
    road = _road(step)
    return f"进入{road}" if road else ""


def _along(step: Step) -> str:
    road = _road(step)
    return f"沿{road}" if road else ""


def _towards(step: Step) -> str:
    return f"，往{'、'.join(step.destinations.split(', '))}方向" if step.destinations else ""


def _toll(step: Step) -> str:
    if step.passes_toll_gate:
        return f"，经过{_gate(step)}"
    return ""


def _gate(step: Step) -> str:
    return _suffixed(step.place_name, ("收费站",)) if step.place_name else "收费站"


def _go(step: Step, starts: bool = False) -> str:
    """How the mode moves, and how far."""
    far = f" {_distance(step.distance_m)}" if step.distance_m >= 1 else ""
    if step.manner == Manner.FERRY:
        name = f"（{step.name}）" if step.name and step.type == "notification" else ""
        return f"乘轮渡{name}{far}"
    if step.manner == Manner.PUSHING:
        off = "" if starts or step.manner_before == Manner.PUSHING else "下车"
        return f"{off}推行{far}"
    if step.manner == Manner.AGAINST_ONE_WAY:
        return f"逆向行驶{far}，注意对向来车"
    return f"{VERBS.get(step.mode, '行驶')}{far}"


def _distance(distance_m: float) -> str:
    number, kilometres = spoken_distance(distance_m)
    return f"{number} {'公里' if kilometres else '米'}"


def _suffixed(name: str, endings: tuple[str, ...]) -> str:
    return name if name.endswith(endings) else name + endings[0]
