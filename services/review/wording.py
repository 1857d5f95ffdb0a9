"""What happened, as one line in Chinese and in English: for people who read a case afterwards.

Every member of an event's data has its words here or is on the list of those that are left out;
a test holds both against ``dispatch.incidents.happenings.MEMBERS``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from dispatch.incidents.happenings import TYPES
from dispatch.incidents.words import TIERS
from dispatch.responders import KINDS

CHINA_TIME = timezone(timedelta(hours=8), "UTC+8")
"""All of China has one clock; readers of a case think in it."""

LEFT_OUT = frozenset(
    {
        "alert_id", "assignments", "cause", "chance", "counts", "due_at_s_all", "evidence_id",
        "far_officer_s", "first", "held_by", "line_m", "places", "replaces", "sha256", "since_s",
        "was_expected_at_s",
    }
)  # fmt: skip
"""Ids, hashes and coordinates, which are in the entry's data for whoever needs them, and what
``in_words`` says better."""

Words = tuple[str, str]
"""In Chinese and in English."""

VALUES: Mapping[str, Words] = {
    # sources
    "ministry": ("公安部", "ministry"),
    "city": ("市级中心", "city centre"),
    "district": ("区县中心", "district centre"),
    "bank": ("银行", "bank"),
    # money
    "in_account": ("仍在账户", "in the account"),
    "transferring": ("正在转账", "being transferred"),
    "cash_withdrawn": ("已取现", "withdrawn as cash"),
    "in_vehicle": ("在车上", "in a vehicle"),
    "handed_over": ("已交付", "handed over"),
    # states
    "locating": ("核查位置", "locating"),
    "contacting": ("联系中", "contacting"),
    "responding": ("处置中", "responding"),
    "visited": ("已见面", "visited"),
    "following_up": ("回访期", "following up"),
    "closed": ("已办结", "closed"),
    "offered": ("已派未接", "offered"),
    "accepted": ("已接警", "accepted"),
    "en_route": ("在途", "en route"),
    "on_scene": ("在现场", "on scene"),
    # roles and purposes
    "enforcement": ("民警", "police"),
    "community": ("社会力量", "community"),
    "visit": ("见面劝阻", "visit"),
    "second_visit": ("二次干预", "second visit"),
    "follow_up": ("回访", "follow-up"),
    # channels and outcomes
    "message": ("短信", "message"),
    "voice": ("智能语音", "machine voice"),
    "call": ("96110 电话", "96110 call"),
    "answered": ("已接听", "answered"),
    "refused": ("拒绝沟通", "refused"),
    "unreachable": ("未接通", "unreachable"),
    "dissuaded": ("已劝阻", "dissuaded"),
    "not_convinced": ("仍不相信", "not convinced"),
    "not_found": ("未找到本人", "not found"),
    # how something is known
    "hand": ("本人确认", "by hand"),
    "geofence": ("电子围栏", "by geofence"),
    "report": ("随报告", "by the report that followed"),
    # reasons
    "alert": ("预警", "the alert"),
    "reopened": ("警情重启", "the incident was opened again"),
    "place_changed": ("位置变化", "the place changed"),
    "no_visit": ("该等级不见面", "the tier asks for no visit"),
    "tier_lowered": ("警情降级", "tier lowered"),
    "no_report": ("长时间未反馈", "nothing was reported"),
    "not_made": ("接受后未成行", "accepted and not made"),
    "nobody_went": ("无人前往", "nobody went"),
    "victim_not_met": ("未见到本人", "the victim was not met"),
    "follow_up_settled": ("回访已了结", "the follow-up is settled"),
    "contacted": ("电话劝阻", "contacted"),
    "false_alarm": ("误报", "false alarm"),
    "money_lost": ("资金已损失", "money lost"),
    "joined": ("并案", "joined with another incident"),
    "other": ("其他", "other"),
    "used": ("采用", "used"),
    "kept": ("沿用原位置", "kept the earlier one"),
    "none": ("无", "none"),
    "place_unknown": ("位置不明", "place unknown"),
    "not_reached": ("未联系上", "not reached"),
    "no_decision": ("未作决定", "no decision"),
    "enough_accepted": ("已有足够力量接警", "enough have accepted"),
    "another_visit": ("另派力量", "another visit was ordered"),
    "incident_closed": ("警情办结", "the incident was closed"),
    "dispatcher": ("指挥员撤回", "a dispatcher's decision"),
    "replaced": ("改派", "replaced"),
    "unconvincing_evidence": ("执法记录不足", "unconvincing evidence"),
    "evidence_missing": ("执法记录逾期未传", "evidence missing"),
    "new_alert": ("新预警", "new alert"),
    "new_place": ("新位置", "new place"),
    "tier_raised": ("警情提级", "tier raised"),
    "relapsed": ("再次受骗", "relapsed"),
    "next_one_due": ("下一次回访已到期", "the next one is due"),
}
"""Words that events use for their values. Others are shown as they are: they are somebody's own."""


def _plain(value: Any, language: str) -> str:
    words = VALUES.get(value) if isinstance(value, str) else None
    if words is not None:
        return words[language != "zh"]
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(one, language)}" for name, one in sorted(value.items()))
    if isinstance(value, list | tuple):
        return ", ".join(_plain(one, language) for one in value)
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)


def _own(value: Any, language: str) -> str:
    """Somebody's own words, whatever language they are in."""
    return str(value)


def _tier(value: Any, language: str) -> str:
    tier = TIERS.get(value) if isinstance(value, str) else None
    return _plain(value, language) if tier is None or language != "zh" else tier.chinese


def _yes(value: Any, language: str) -> str:
    return (("是", "否") if language == "zh" else ("yes", "no"))[not value]


def _yuan(value: Any, language: str) -> str:
    return f"{value:,.0f} 元" if language == "zh" else f"¥{value:,.0f}"


def _seconds(value: Any, language: str) -> str:
    minutes, seconds = divmod(round(value), 60)
    if language == "zh":
        return f"{minutes} 分 {seconds:02d} 秒" if minutes else f"{seconds} 秒"
    return f"{minutes} min {seconds:02d} s" if minutes else f"{seconds} s"


def _metres(value: Any, language: str) -> str:
    far = value >= 995
    if language == "zh":
        return f"{value / 1000:.1f} 公里" if far else f"{value:.0f} 米"
    return f"{value / 1000:.1f} km" if far else f"{value:.0f} m"


def _bytes(value: Any, language: str) -> str:
    return f"{value / 1e6:.1f} MB" if value >= 1e6 else f"{value / 1e3:.0f} kB"


def _moment(value: Any, language: str) -> str:
    """Day and time on China's clock."""
    return datetime.fromtimestamp(value, UTC).astimezone(CHINA_TIME).strftime("%m-%d %H:%M:%S")


def _kind(value: Any, language: str) -> str:
    kind = KINDS.get(value) if isinstance(value, str) else None
    return kind.chinese if kind is not None and language == "zh" else _plain(value, language)


NUMERIC = frozenset({_yuan, _seconds, _metres, _bytes, _moment})
"""What can only tell numbers."""


@dataclass(frozen=True, slots=True)
class Member:
    """How a member of an event's data is told."""

    chinese: str
    english: str
    told: Callable[[Any, str], str] = _plain

    def line(self, value: Any, language: str) -> str:
        """Its name and its value."""
        told = self.told
        if told in NUMERIC and not isinstance(value, int | float):
            told = _plain  # of another version of the service
        name = self.chinese if language == "zh" else self.english
        return f"{name} {told(value, language)}"


SHOWN: Mapping[str, Member] = {
    # who and where
    "source": Member("来源", "source", _kind),
    "jurisdiction": Member("单位", "unit", _own),
    "responder_id": Member("编号", "id", _own),
    "kind": Member("类别", "kind", _kind),
    "role": Member("力量", "as"),
    "purpose": Member("任务", "for"),
    "centre": Member("中心", "centre", _own),
    "district": Member("区县", "district", _own),
    "station": Member("派出所", "station", _own),
    "branch_id": Member("网点", "branch", _own),
    "place": Member("位置", "place"),
    "address_text": Member("地址", "address", _own),
    # the case
    "was": Member("原", "was", _tier),
    "tier": Member("等级", "tier", _tier),
    "answer_tier": Member("处置等级", "answered as", _tier),
    "state": Member("原状态", "state before"),
    "amount_yuan": Member("涉案金额", "at risk", _yuan),
    "amount_kept_yuan": Member("保住金额", "kept", _yuan),
    "money_state": Member("资金", "money"),
    "fraud_type": Member("诈骗类型", "fraud", _own),
    "amended": Member("更正", "corrected"),
    # what was done
    "channel": Member("方式", "channel"),
    "outcome": Member("结果", "outcome"),
    "reason": Member("原因", "reason"),
    "note": Member("备注", "note", _own),
    "text": Member("内容", "text", _own),
    "by": Member("确认方式", "known"),
    "number": Member("第几次", "number"),
    "attempt": Member("第几次尝试", "attempt"),
    "visit_number": Member("第几次见面", "visit"),
    "visits": Member("已见面次数", "visits"),
    "missing": Member("缺", "missing"),
    "after_accepting": Member("接警后拒接", "after accepting", _yes),
    "convincing": Member("有效", "convincing", _yes),
    "in_time": Member("按时", "in time", _yes),
    "media_type": Member("格式", "media type"),
    "size_bytes": Member("大小", "size", _bytes),
    "tries_left": Member("剩余次数", "tries left"),
    "follow_ups_left": Member("剩余回访", "follow-ups left"),
    # how far and how long
    "eta_s": Member("预计", "there in", _seconds),
    "turn_out_s": Member("出动", "turning out", _seconds),
    "drive_s": Member("路上", "driving", _seconds),
    "distance_m": Member("行程", "by road", _metres),
    "detour_m": Member("绕行", "detour", _metres),
    "late_s": Member("晚", "late by", _seconds),
    "saves_s": Member("可提前", "sooner by", _seconds),
    "nearest_s": Member("最近民警", "nearest officer", _seconds),
    "within_s": Member("时限", "within", _seconds),
    # when
    "asked_at_s": Member("开始联系", "called since", _moment),
    "due_at_s": Member("期限", "due", _moment),
    "expected_at_s": Member("预计到达", "expected", _moment),
    "promised_at_s": Member("承诺到达", "promised", _moment),
    "until_s": Member("等候至", "until", _moment),
}
"""In the order in which they are told."""


def in_words(type_: str, data: Mapping[str, Any], language: str) -> str:
    """One line about an event: what happened, to whom, and what there is to know about it."""
    chinese = language == "zh"
    known = TYPES.get(type_)
    title = type_ if known is None else (known.chinese if chinese else known.english)
    title = title.rstrip("。.")
    sent = data.get("assignment")
    if isinstance(sent, Mapping):
        kind = KINDS.get(sent.get("kind", ""))
        name = sent.get("kind") if kind is None or not chinese else kind.chinese
        who = f"{name} {sent.get('responder_id')}"
        if sent.get("jurisdiction"):  # an id is somebody's within their jurisdiction only
            who += f"{'，' if chinese else ', '}{sent['jurisdiction']}"
        title += f"（{who}）" if chinese else f" ({who})"
    told = [
        member.line(data[name], language)
        for name, member in SHOWN.items()
        if data.get(name) not in (None, "", [], {})
    ]
    said = data.get("in_words")
    if isinstance(said, Mapping) and said.get(language):
        told.append(str(said[language]).rstrip("。."))
    if not told:
        return title + ("。" if chinese else ".")
    return f"{title}：{'，'.join(told)}。" if chinese else f"{title}: {', '.join(told)}."
