"""What a unit is told of an event: that something of its assignment is otherwise now.

An event holds all that the centre knows. A unit is told what kind of thing happened, when, and in
one sentence whether it has to take notice; what it is to do then it asks of its assignment, which
tells it no more than :mod:`services.incidents.unit_view` lets it know.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

import msgspec
from msgspec import Struct

from services.events.cloud_events import PlacedEvent
from services.incidents.unit_view import Sentence
from services.views import moment

NOTICES: Mapping[str, Sentence] = MappingProxyType(
    {
        "assignment.released": Sentence(
            zh="中心已撤回此次派警，请勿前往。", en="The centre has stood you down: do not go on."
        ),
        "assignment.expired": Sentence(
            zh="超时未接，已改派他人，请勿前往。",
            en="The offer was not answered in time and went to somebody else: do not go.",
        ),
        "assignment.redirected": Sentence(
            zh="受害人在新位置，请按新路线前往。",
            en="The victim is elsewhere: follow the new route.",
        ),
        "incident.placed": Sentence(
            zh="受害人位置已更新，请核对路线。",
            en="The victim's place was corrected: check the route.",
        ),
        "incident.amended": Sentence(
            zh="警情信息已更正，请查看。", en="What is known of the case was corrected: read it."
        ),
        "incident.money_changed": Sentence(
            zh="资金状态有变化，请查看。", en="The money has moved, or more is at risk: read it."
        ),
        "intelligence.found": Sentence(
            zh="研判有新发现，请查看。", en="The second line has found something: read it."
        ),
        "assignment.holding": Sentence(
            zh="您先到达，请稳住受害人，等候民警。",
            en="You are there first: stay with the victim until the police come.",
        ),
        "assignment.relieved": Sentence(
            zh="民警已到场接手。", en="The police are there and take over."
        ),
        "assignment.report_wanted": Sentence(
            zh="到场已久，请反馈情况。", en="You have been there for long: report how it went."
        ),
        "assignment.missing": Sentence(
            zh="应到未到，请确认是否到达。",
            en="You should be there by now: say whether you have arrived.",
        ),
        "checkpoint.redirected": Sentence(
            zh="请改赴新的拦截点。", en="Go to another checkpoint: follow the new route."
        ),
        "checkpoint.released": Sentence(
            zh="此次设卡已撤收，请勿前往。", en="You are not needed at the checkpoint: stand down."
        ),
        "checkpoint.missed": Sentence(
            zh="目标已通过，请听从中心指令。",
            en="The subject got past: wait for the centre's word.",
        ),
        "evidence.judged": Sentence(
            zh="中心已审核执法记录，请查看。", en="The centre has judged your evidence."
        ),
    }
)
"""Sentences for what nobody must overlook. Everything else that happens only changes what the
assignment looks like."""

ROUTINE = frozenset(
    {
        "assignment.offered",
        "assignment.accepted",
        "assignment.declined",
        "assignment.departed",
        "assignment.arrived",
        "assignment.reported",
        "assignment.eta_changed",
        "assignment.late",
        "assignment.off_route",
        "assignment.back_on_route",
        "evidence.received",
        "checkpoint.ordered",
        "checkpoint.accepted",
        "checkpoint.unanswered",
        "checkpoint.departed",
        "checkpoint.kept",
        "checkpoint.eta_changed",
        "checkpoint.late",
        "checkpoint.manned",
        "checkpoint.clear",
        "checkpoint.caught",
        "checkpoint.withdrawn",
    }
)
"""Types of which a unit is told only that they happened."""


class UnitNews(Struct, kw_only=True):
    """Something happened to an assignment: ask for it again."""

    type: str
    at: datetime
    notice: Sentence | None
    """What the unit must confirm to have read; null: nothing."""


class _Assignment(Struct):
    id: str


class _Concerned(Struct):
    assignment: _Assignment | None = None
    assignments: list[str] = []


_decoder = msgspec.json.Decoder(_Concerned)
_encoder = msgspec.json.Encoder()


def news_frame(event: PlacedEvent, assignment_id: str) -> bytes:
    """The event as an assignment's own stream carries it; empty where it does not concern it."""
    notice = NOTICES.get(event.type)
    if notice is None and event.type not in ROUTINE:
        return b""
    concerned = _decoder.decode(event.data)
    own = concerned.assignment is not None and concerned.assignment.id == assignment_id
    if not own and assignment_id not in concerned.assignments:
        return b""
    news = UnitNews(type=event.type, at=moment(event.at_s), notice=notice)
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (
        event.position,
        event.type.encode(),
        _encoder.encode(news),
    )
