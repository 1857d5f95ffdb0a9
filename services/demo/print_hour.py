"""What the demonstration prints of its hour: the turns that cases take, and the figures."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rich.console import Console

from dispatch.incidents.words import TIERS
from dispatch.responders import KINDS
from services.demo.print_answer import clock

WORDS = {
    "incident.answer_raised": "unreachable: answered one tier higher 升级",
    "incident.placed": "the place is known now 已定位",
    "shortfall.found": "nobody good enough is free: tried again 力量不足",
    "suggestion.made": "somebody faster turned up: suggested 建议改派",
    "assignment.late": "late: the centre is told 超时",
    "evidence.overdue": "no evidence within the hour 未按时上传",
    "visit.ordered": "did not work: another visit 二次干预",
}
"""What is worth a line, beside the first face to face of each incident."""


class HourPrinter:
    """Prints a line for each turn that a case takes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._met: set[str] = set()

    def tell(self, event: dict[str, Any], seconds: float) -> None:
        """Print the event, if it is worth a line."""
        type_ = event["type"].removeprefix("forestall.").removesuffix(".v1")
        incident = event["data"].get("incident")
        if incident is None:
            return
        if type_ == "assignment.arrived":
            if incident["id"] in self._met:
                return
            self._met.add(incident["id"])
            text = _met_in_words(event["data"]["assignment"], incident)
        elif type_ in WORDS:
            text = WORDS[type_]
        else:
            return
        tier = TIERS[incident["answer_tier"]]
        when = f"{clock(seconds):>5}  {tier.chinese} {tier.word:<8}"
        self._console.print(
            f"  {when}  {incident['victim_ref']}  {text}",
            markup=False,
            soft_wrap=True,
        )


def _met_in_words(assignment: dict[str, Any], incident: dict[str, Any]) -> str:
    kind = KINDS[assignment["kind"]]
    met_s = (_moment(incident["first_face_at"]) - _moment(incident["opened_at"])).total_seconds()
    return (
        f"{kind.chinese} {assignment['responder_id']} at the door "
        f"{clock(met_s)} after the alert 见面"
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
