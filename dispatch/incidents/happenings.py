"""Every type of happening, what it means, and what an event of it carries.

An event's ``data`` has, beside the members named here, the incident (and the assignment, where it
is about one) as it was after the change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

MEMBERS: Mapping[str, str] = MappingProxyType(
    {
        "address_text": "the address as the source wrote it",
        "after_accepting": "whether they had accepted before",
        "alert_id": "id of the alert",
        "amended": "what was corrected, by name, as it is now",
        "amount_kept_yuan": "yuan that the victim kept; null: not told",
        "amount_yuan": "yuan at risk; null: not known",
        "answer_tier": "the tier that the incident is answered as",
        "asked_at_s": "since when the victim is being called",
        "assignments": "ids of the assignments that should know",
        "attempt": "which time this is, 1 for the first",
        "branch_id": "the bank's branch; null: it was no bank's alarm",
        "by": "how it is known: hand, geofence, or the report that followed",
        "cause": "why, in one of the words of a recommendation",
        "centre": "the centre that goes on with it",
        "chance": "probability with which they were expected to accept",
        "channel": "message, voice (machine) or call (96110)",
        "convincing": "whether the evidence shows that the visit worked",
        "counts": "how many of these kinds are known, lost, busy and available",
        "detour_m": "metres that the way over where they are is longer than their way",
        "distance_m": "metres by road, when it was computed",
        "district": "the district's jurisdiction; null: not known",
        "drive_s": "of eta_s, seconds of driving",
        "due_at_s": "when it is due",
        "due_at_s_all": "when each is due, the first one first",
        "eta_s": "seconds until they would be there, when it was computed",
        "evidence_id": "id of the evidence",
        "expected_at_s": "when they should be there now",
        "far_officer_s": "an officer farther away than so many seconds is far",
        "first": "whether it is the first",
        "follow_ups_left": "follow-ups that are still to come",
        "fraud_type": "the kind of fraud, as the source calls it",
        "held_by": "ids of the assignments that are with the victim",
        "in_time": "whether it came before it was due",
        "in_words": "why, as a sentence in each language: zh, en",
        "jurisdiction": "the responder's jurisdiction",
        "kind": "kind of responder",
        "late_s": "seconds behind what was promised",
        "line_m": "metres in a straight line",
        "media_type": "media type of the file",
        "missing": "how many are missing",
        "money_state": "where the money is; null: not known",
        "nearest_s": "seconds that the nearest officer is away; null: there is none",
        "note": "words of whoever told",
        "number": "number of the visit or follow-up",
        "outcome": "how it ended",
        "place": "what became of the place that came with it: none, used, kept the earlier one",
        "places": "where the victim may be: lon, lat, accuracy_m, weight",
        "promised_at_s": "when they should be there, as told first; null: not known, or any time",
        "purpose": "visit, second_visit or follow_up",
        "reason": "why",
        "replaces": "id of the assignment in whose stead they are asked; null: none",
        "responder_id": "the responder's id in their jurisdiction",
        "role": "enforcement or community",
        "saves_s": "seconds by which they would be sooner",
        "sha256": "SHA-256 of the file, hexadecimal",
        "since_s": "since when",
        "size_bytes": "length of the file in bytes",
        "source": "who found it",
        "state": "the state before",
        "station": "the station's jurisdiction; null: not known",
        "text": "what was found",
        "tier": "the tier of the alert or incident",
        "turn_out_s": "of eta_s, seconds of turning out",
        "tries_left": "how often it is tried again",
        "until_s": "when relief is expected; null: not known",
        "visit_number": "which visit, 1 for the first",
        "visits": "visits that were made",
        "was": "what it was before",
        "was_expected_at_s": "when they should have been there until now",
        "within_s": "seconds within which it is wanted",
    }
)
"""What the members of an event's data mean. Times end in ``_at_s``, ``_by_s`` or ``until_s`` and
are UTC seconds since 1970."""


@dataclass(frozen=True, slots=True)
class HappeningType:
    """One thing that can happen."""

    chinese: str
    english: str
    members: tuple[str, ...] = ()
    """Of its data; their meaning is in MEMBERS."""


_T = HappeningType

TYPES: Mapping[str, HappeningType] = MappingProxyType(
    {
        # the incident
        "incident.opened": _T(
            "接到预警，建立警情",
            "An alert opened the incident.",
            (
                "alert_id", "source", "tier", "amount_yuan", "money_state", "fraud_type",
                "address_text", "places", "branch_id", "note",
            ),
        ),
        "alert.joined": _T(
            "同一受害人的预警并入警情",
            "Another alert about the victim joined the incident.",
            (
                "alert_id", "source", "tier", "amount_yuan", "money_state", "place", "places",
                "branch_id", "note", "assignments",
            ),
        ),
        "incident.tier_raised": _T(
            "警情提级", "The tier was raised.", ("was", "tier", "answer_tier", "reason")
        ),
        "incident.tier_kept": _T(
            "较低等级的预警并入，警情等级不变",
            "A less urgent alert joined; the tier stays.",
            ("alert_id", "tier"),
        ),
        "incident.tier_lowered": _T(
            "警情降级", "The tier was lowered.", ("was", "tier", "answer_tier", "reason")
        ),
        "incident.answer_raised": _T(
            "处置提级",
            "The incident is answered one tier higher.",
            ("was", "answer_tier", "reason"),
        ),
        "incident.placed": _T(
            "位置明确", "It is known where the victim is.", ("first", "places", "assignments")
        ),
        "incident.handed_over": _T(
            "位置属其他中心，警情移交",
            "The place lies in another centre, which goes on with the incident.",
            ("centre",),
        ),
        "incident.money_changed": _T(
            "资金状态变化",
            "The money has moved, or more of it is at risk.",
            ("was", "money_state", "amount_yuan", "assignments"),
        ),
        "incident.officer_far": _T(
            "地处偏远，民警短时难以到达，加派社会力量",
            "No officer is near, so that one more of the community is sent.",
            ("nearest_s", "far_officer_s"),
        ),
        "shortfall.found": _T(
            "力量不足",
            "There are not enough good responders.",
            ("role", "purpose", "number", "missing", "cause", "counts", "in_words"),
        ),
        "incident.amended": _T(
            "警情信息更正",
            "What is known of the incident was corrected.",
            ("amended", "was", "assignments"),
        ),
        "incident.dissuaded": _T(
            "见面劝阻成功", "The victim was dissuaded.", ("visit_number", "held_by")
        ),
        "incident.unattended": _T(
            "尚无人接警，请人工调派",
            "Nobody has said yes yet: call somebody, or send somebody by hand.",
            ("since_s", "assignments"),
        ),
        "incident.unresolved": _T(
            "多次见面未果，请人工研判",
            "The visits did not work; a person at the centre must decide.",
            ("reason", "visits", "since_s", "attempt"),
        ),
        "incident.closed": _T(
            "警情办结", "The incident was closed.", ("reason", "note", "amount_kept_yuan", "state")
        ),
        "incident.reopened": _T("警情重启", "The incident was opened again.", ("reason", "was")),
        # contact without going there
        "contact.requested": _T(
            "请联系受害人",
            "The victim is to be contacted.",
            ("channel", "reason", "attempt", "within_s"),
        ),
        "contact.reported": _T(
            "联系结果", "An attempt to reach the victim ended.", ("channel", "outcome", "note")
        ),
        "contact.overdue": _T(
            "限时内未联系上", "The victim was not reached in time.", ("asked_at_s", "reason")
        ),
        # the second line
        "intelligence.requested": _T(
            "双线并行：请研判身份、资金、话术",
            "The second line is asked to work beside the visit.",
            ("station", "district", "reason"),
        ),
        "intelligence.found": _T(
            "研判反馈", "The second line found something.", ("text", "source", "assignments")
        ),
        # visits
        "visit.ordered": _T(
            "二次干预", "Another visit was ordered.", ("visit_number", "reason", "was")
        ),
        "assignment.offered": _T(
            "派警",
            "A responder was asked to go.",
            (
                "eta_s", "turn_out_s", "drive_s", "distance_m", "line_m", "chance", "replaces",
                "in_words",
            ),
        ),
        "assignment.accepted": _T(
            "接警", "The responder accepted.", ("promised_at_s",)
        ),
        "assignment.declined": _T(
            "拒接", "The responder declined.", ("reason", "after_accepting")
        ),
        "assignment.expired": _T("超时未接", "The offer was not answered in time."),
        "assignment.released": _T(
            "撤回", "The responder was released.", ("reason", "was")
        ),
        "assignment.departed": _T("出发", "The responder set out."),
        "assignment.redirected": _T(
            "受害人在新位置，请前往",
            "The victim is elsewhere: the responder goes there, also who was on scene already.",
            ("was",),
        ),
        "assignment.arrived": _T("到达现场", "The responder arrived.", ("by", "first")),
        "assignment.holding": _T(
            "先行到达，稳住受害人，等候民警",
            "The responder holds the victim until police come.",
            ("until_s", "assignments"),
        ),
        "assignment.relieved": _T(
            "民警到达，接手现场", "Police are there; the responder need not hold any more.",
            ("assignments",),
        ),
        "assignment.reported": _T(
            "见面结果",
            "The responder reported.",
            ("outcome", "note", "amount_kept_yuan"),
        ),
        "assignment.report_wanted": _T(
            "到场已久，请反馈情况",
            "The responder has been on scene for long and has told nothing.",
            ("since_s",),
        ),
        "assignment.eta_changed": _T(
            "预计到达时间变化",
            "The responder is expected at another time.",
            ("was_expected_at_s", "expected_at_s"),
        ),
        "assignment.late": _T(
            "将晚到",
            "The responder will be there later than promised.",
            ("promised_at_s", "expected_at_s", "late_s"),
        ),
        "assignment.off_route": _T(
            "偏离路线", "The responder has left the way to the victim.", ("detour_m",)
        ),
        "assignment.back_on_route": _T(
            "回到路线", "The responder is on the way to the victim again.", ("detour_m",)
        ),
        "suggestion.made": _T(
            "另有更快力量，请研判是否改派",
            "Somebody could be there sooner; nobody is swapped unless a dispatcher does it.",
            (
                "jurisdiction", "responder_id", "kind", "eta_s", "distance_m", "expected_at_s",
                "saves_s", "in_words",
            ),
        ),
        "assignment.missing": _T(
            "应到未到，请核实",
            "The responder should be there and has not arrived: call them or send another.",
            ("expected_at_s", "promised_at_s"),
        ),
        # evidence
        "evidence.received": _T(
            "收到执法记录",
            "Evidence of the visit came in.",
            ("evidence_id", "sha256", "size_bytes", "media_type", "in_time"),
        ),
        "evidence.judged": _T(
            "执法记录审核", "The evidence was judged.", ("evidence_id", "convincing", "note", "was")
        ),
        "evidence.overdue": _T(
            "执法记录逾期未传", "No evidence that stands came in time.", ("due_at_s", "held_by")
        ),
        # follow-ups
        "follow_up.planned": _T(
            "安排回访", "The follow-ups were planned.", ("due_at_s_all",)
        ),
        "follow_up.due": _T("回访到期", "A follow-up is due.", ("number", "attempt")),
        "follow_up.done": _T(
            "回访完成", "A follow-up was made.", ("number", "follow_ups_left")
        ),
        "follow_up.not_met": _T(
            "回访未见到本人", "A follow-up met nobody; it is tried again.",
            ("number", "outcome", "tries_left"),
        ),
        "follow_up.missed": _T(
            "回访未完成", "A follow-up was not made.", ("number", "reason")
        ),
        "follow_up.relapsed": _T(
            "回访发现再次受骗",
            "The victim is being defrauded again and another incident about it is open.",
            ("number", "outcome"),
        ),
    }
)  # fmt: skip
"""By name: past tense, the thing first."""
