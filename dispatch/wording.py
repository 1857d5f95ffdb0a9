"""The reasons of a recommendation in words, in Chinese and English."""

from __future__ import annotations

from collections.abc import Callable

from dispatch.question import (
    Choice,
    PassedOver,
    PassedOverReason,
    Shortfall,
    ShortfallReason,
)

LANGUAGES = ("zh", "en")

PLAIN_MINUTES_S = 600.0
"""From ten minutes on seconds are noise."""

FAR_DETOUR = 2.0
"""A way more than twice as long as the line is worth mentioning."""


def _parts(seconds: float) -> tuple[int, int]:
    """Minutes and seconds, to five seconds: finer is not known."""
    return divmod(5 * round(seconds / 5), 60)


def _minutes_en(seconds: float) -> str:
    if seconds < 57.5:
        return f"{round(seconds)} s"
    if seconds < PLAIN_MINUTES_S:
        minutes, rest = _parts(seconds)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{round(seconds / 60)} min" if seconds < 5_400 else f"{seconds / 3600:.1f} h"


def _minutes_zh(seconds: float) -> str:
    if seconds < 57.5:
        return f"{round(seconds)} 秒"
    if seconds < PLAIN_MINUTES_S:
        minutes, rest = _parts(seconds)
        return f"{minutes} 分 {rest} 秒" if rest else f"{minutes} 分钟"
    return f"{round(seconds / 60)} 分钟" if seconds < 5_400 else f"{seconds / 3600:.1f} 小时"


def _metres_en(metres: float) -> str:
    return f"{round(metres, -1):.0f} m" if metres < 995 else f"{metres / 1000:.1f} km"


def _metres_zh(metres: float) -> str:
    return f"{round(metres, -1):.0f} 米" if metres < 995 else f"{metres / 1000:.1f} 公里"


def choice_in_words(choice: Choice, rank: int, language: str) -> str:
    """One sentence: why this responder goes."""
    ratio = choice.distance_m / choice.line_m if choice.line_m > 50 else 1.0
    if language == "zh":
        place = "最快到达" if rank == 0 else f"第{rank + 1}快到达"
        text = f"按道路{place}：{_minutes_zh(choice.eta_s)}，行程{_metres_zh(choice.distance_m)}"
        if choice.turn_out_s >= 1:
            text += f"（含出动 {_minutes_zh(choice.turn_out_s)}）"
        if ratio > FAR_DETOUR:
            text += f"；直线仅 {_metres_zh(choice.line_m)}"
        if abs(choice.elsewhere_s) >= 1:
            text += "；地点不确定，按各处加权平均"
        return text + "。"
    place = "First there by road" if rank == 0 else f"Number {rank + 1} by road"
    text = f"{place}: {_minutes_en(choice.eta_s)} for {_metres_en(choice.distance_m)}"
    if choice.turn_out_s >= 1:
        text += f", {_minutes_en(choice.turn_out_s)} of it turning out"
    if ratio > FAR_DETOUR:
        text += f"; only {_metres_en(choice.line_m)} in a straight line"
    if abs(choice.elsewhere_s) >= 1:
        text += "; a mean over the places where the victim may be"
    return text + "."


def faster_in_words(choice: Choice, saves_s: float, language: str) -> str:
    """One sentence: by how much somebody would be there sooner than who is on the way."""
    if language == "zh":
        return (
            f"{_minutes_zh(choice.eta_s)}可到，行程{_metres_zh(choice.distance_m)}，"
            f"预计比在途力量早 {_minutes_zh(saves_s)}。"
        )
    return (
        f"Could be there in {_minutes_en(choice.eta_s)} for {_metres_en(choice.distance_m)}, "
        f"about {_minutes_en(saves_s)} sooner than who is on the way."
    )


def passed_over_in_words(who: PassedOver, language: str) -> str:
    """One sentence: why this one, nearer on the map, does not go."""
    return (_PASSED_OVER_ZH if language == "zh" else _PASSED_OVER_EN)[who.reason](who)


def _by_road_en(who: PassedOver) -> str:
    return f"{_minutes_en(who.eta_s)} by road for {_metres_en(who.distance_m)}"


def _by_road_zh(who: PassedOver) -> str:
    return f"道路行程 {_metres_zh(who.distance_m)}，需 {_minutes_zh(who.eta_s)}"


_PASSED_OVER_EN: dict[PassedOverReason, Callable[[PassedOver], str]] = {
    PassedOverReason.SLOWER_BY_ROAD: lambda w: (
        f"{_metres_en(w.line_m)} away in a straight line, but {_by_road_en(w)}."
    ),
    PassedOverReason.ACROSS_BRIDGE: lambda w: (
        f"{_metres_en(w.line_m)} away, but the way leads over {w.landmark or 'a bridge'}: "
        f"{_by_road_en(w)}."
    ),
    PassedOverReason.THROUGH_TUNNEL: lambda w: (
        f"{_metres_en(w.line_m)} away, but the way leads through {w.landmark or 'a tunnel'}: "
        f"{_by_road_en(w)}."
    ),
    PassedOverReason.BEYOND_LIMIT: lambda w: (
        f"{_metres_en(w.line_m)} away in a straight line, "
        f"but more than {_minutes_en(w.slower_than_s)} by road."
    ),
    PassedOverReason.NO_WAY: lambda w: (
        f"{_metres_en(w.line_m)} away, but no open road leads from there."
    ),
    PassedOverReason.OLD_FIX: lambda w: (
        f"{_metres_en(w.line_m)} away when last heard of, too long ago to rely on."
    ),
    PassedOverReason.BUSY: lambda w: f"{_metres_en(w.line_m)} away, but not available.",
    PassedOverReason.OUT_OF_NETWORK: lambda w: (
        f"{_metres_en(w.line_m)} away, but not near any road they can use."
    ),
    PassedOverReason.NOT_CAPABLE: lambda w: (
        f"{_metres_en(w.line_m)} away, but lacks what this question asks for."
    ),
    PassedOverReason.EXCLUDED: lambda w: (
        f"{_metres_en(w.line_m)} away, but left out of this question."
    ),
    PassedOverReason.ENOUGH_CHOSEN: lambda w: (
        f"{_metres_en(w.line_m)} away, and chosen for another part of this question."
    ),
    PassedOverReason.ALREADY_SENT: lambda w: f"{_metres_en(w.line_m)} away, and sent already.",
    PassedOverReason.NEEDED_ELSEWHERE: lambda w: (
        f"{_metres_en(w.line_m)} away, {_by_road_en(w)}, but another victim needs them more."
    ),
    PassedOverReason.LESS_LIKELY: lambda w: (
        f"{_metres_en(w.line_m)} away, {_by_road_en(w)}, but of a kind that often declines: "
        f"waiting for the answer may cost more than the way saves."
    ),
}

_PASSED_OVER_ZH: dict[PassedOverReason, Callable[[PassedOver], str]] = {
    PassedOverReason.SLOWER_BY_ROAD: lambda w: f"直线 {_metres_zh(w.line_m)}，但{_by_road_zh(w)}。",
    PassedOverReason.ACROSS_BRIDGE: lambda w: (
        f"直线 {_metres_zh(w.line_m)}，但须经{w.landmark or '桥梁'}：{_by_road_zh(w)}。"
    ),
    PassedOverReason.THROUGH_TUNNEL: lambda w: (
        f"直线 {_metres_zh(w.line_m)}，但须穿{w.landmark or '隧道'}：{_by_road_zh(w)}。"
    ),
    PassedOverReason.BEYOND_LIMIT: lambda w: (
        f"直线 {_metres_zh(w.line_m)}，但道路行程超过 {_minutes_zh(w.slower_than_s)}。"
    ),
    PassedOverReason.NO_WAY: lambda w: f"直线 {_metres_zh(w.line_m)}，但无路可通。",
    PassedOverReason.OLD_FIX: lambda w: f"直线 {_metres_zh(w.line_m)}，但定位已过时，不可采信。",
    PassedOverReason.BUSY: lambda w: f"直线 {_metres_zh(w.line_m)}，但当前不可派。",
    PassedOverReason.OUT_OF_NETWORK: lambda w: f"直线 {_metres_zh(w.line_m)}，但附近没有可用道路。",
    PassedOverReason.NOT_CAPABLE: lambda w: f"直线 {_metres_zh(w.line_m)}，但不具备所需能力。",
    PassedOverReason.EXCLUDED: lambda w: f"直线 {_metres_zh(w.line_m)}，但本次不考虑。",
    PassedOverReason.ENOUGH_CHOSEN: lambda w: f"直线 {_metres_zh(w.line_m)}，已另行派出。",
    PassedOverReason.ALREADY_SENT: lambda w: f"直线 {_metres_zh(w.line_m)}，已派往此处。",
    PassedOverReason.NEEDED_ELSEWHERE: lambda w: (
        f"直线 {_metres_zh(w.line_m)}，{_by_road_zh(w)}，但另一名受害人更需要。"
    ),
    PassedOverReason.LESS_LIKELY: lambda w: (
        f"直线 {_metres_zh(w.line_m)}，{_by_road_zh(w)}，但此类力量常不接单，"
        f"等候答复可能比路上省下的时间更长。"
    ),
}

_SHORTFALL_EN: dict[ShortfallReason, str] = {
    ShortfallReason.NONE_KNOWN: "nobody of these kinds is known here",
    ShortfallReason.NO_MORE_KNOWN: "no more of these kinds are known here",
    ShortfallReason.NONE_IN_REACH: "nobody else can be there in time",
    ShortfallReason.ALL_STALE: "the last fixes of all others are too old",
    ShortfallReason.ALL_BUSY: "all others are busy or off duty",
    ShortfallReason.OUT_OF_NETWORK: "no usable road leads to the place",
    ShortfallReason.ALL_ASKED: "all who could go were asked and do not come",
}

_SHORTFALL_ZH: dict[ShortfallReason, str] = {
    ShortfallReason.NONE_KNOWN: "本辖区没有此类力量",
    ShortfallReason.NO_MORE_KNOWN: "本辖区此类力量已全部列出",
    ShortfallReason.NONE_IN_REACH: "其余力量无法及时到达",
    ShortfallReason.ALL_STALE: "其余力量定位均已过时",
    ShortfallReason.ALL_BUSY: "其余力量均在忙或不在岗",
    ShortfallReason.OUT_OF_NETWORK: "地点附近没有可用道路",
    ShortfallReason.ALL_ASKED: "能去的均已询问，未接警或已拒接",
}


_ROLE_MISSING_EN = {"enforcement": "police missing", "community": "of the community missing"}
_ROLE_MISSING_ZH = {"enforcement": "民警", "community": "社会力量"}


def shortfall_in_words(shortfall: Shortfall, language: str, role: str | None = None) -> str:
    """One sentence: how many are missing, as what, where that is said, and why."""
    if language == "zh":
        who = "" if role is None else _ROLE_MISSING_ZH[role]
        return f"还缺{who} {shortfall.missing} 人：{_SHORTFALL_ZH[shortfall.reason]}。"
    who = "missing" if role is None else _ROLE_MISSING_EN[role]
    return f"{shortfall.missing} {who}: {_SHORTFALL_EN[shortfall.reason]}."
