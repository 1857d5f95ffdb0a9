"""A case told again from its events, and its figures over HTTP."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from dispatch import incidents
from dispatch.incidents.happenings import MEMBERS, TYPES
from dispatch.incidents.words import (
    AssignmentState,
    Channel,
    ClosingReason,
    ContactOutcome,
    IncidentState,
    MoneyState,
    Purpose,
    Role,
    Source,
    VisitOutcome,
)
from services.review.wording import LEFT_OUT, SHOWN, VALUES, in_words
from tests.conversations.centre import Centre


def test_every_member_of_an_events_data_is_told_or_left_out_on_purpose():
    """A new member of an event needs its words here."""
    assert set(SHOWN) | LEFT_OUT | {"in_words"} == set(MEMBERS)
    assert not set(SHOWN) & LEFT_OUT


@pytest.mark.parametrize(
    "words",
    [
        AssignmentState, Channel, ClosingReason, ContactOutcome, IncidentState, MoneyState,
        Purpose, Role, Source, VisitOutcome,
    ],
)  # fmt: skip
def test_every_word_of_an_incident_has_its_chinese(words):
    """What units and centres read is in their language; kinds and tiers have theirs elsewhere."""
    kinds = {"grid_worker"}
    ended = {"reported", "declined", "expired", "released"}
    assert {str(word) for word in words} - kinds - ended <= set(VALUES)


def test_every_reason_that_the_decisions_give_has_its_chinese():
    """A reason is a word in the code; whoever reads a case reads it in their language."""
    given = reasons_given()
    assert {"alert", "no_visit", "nobody_went", "evidence_missing"} <= given
    assert given <= set(VALUES)


def reasons_given() -> set[str]:
    """Texts that ``dispatch.incidents`` passes as, or calls, ``reason``."""
    trees = [ast.parse(file.read_text()) for file in Path(incidents.__path__[0]).glob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    place_of = {
        node.name: [one.arg for one in node.args.args].index("reason")
        for node in nodes
        if isinstance(node, ast.FunctionDef) and "reason" in [one.arg for one in node.args.args]
    }
    said: list[ast.expr] = []
    for node in nodes:
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", None))
            said += [one.value for one in node.keywords if one.arg == "reason"]
            said += node.args[place_of[name] :][:1] if name in place_of else []
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", None) == "reason":
            said.append(node.value)
    return {
        one.value
        for value in said
        for one in ast.walk(value)
        if isinstance(one, ast.Constant) and isinstance(one.value, str) and one.value
    }


@pytest.mark.parametrize(
    ("type_", "data", "zh", "en"),
    [
        (
            "assignment.accepted",
            {
                "promised_at_s": 1_791_796_904.0,
                "assignment": {
                    "kind": "officer", "responder_id": "p-17", "jurisdiction": "500101/longbao",
                },
            },
            "接警（民警 p-17，500101/longbao）：承诺到达 10-12 17:21:44。",
            "The responder accepted (officer p-17, 500101/longbao): promised 10-12 17:21:44.",
        ),
        (
            "incident.tier_kept",
            {"alert_id": "a-2", "tier": "high", "source": "grid_worker"},
            "较低等级的预警并入，警情等级不变：来源 网格员，等级 高危。",
            "A less urgent alert joined; the tier stays: source grid_worker, tier high.",
        ),
        (
            "incident.opened",
            {
                "source": "bank", "tier": "critical", "amount_yuan": 50000.0, "note": "call",
                "money_state": None, "address_text": "", "places": [{"lon": 1.0}],
            },
            "接到预警，建立警情：来源 银行，等级 特危，涉案金额 50,000 元，备注 call。",
            "An alert opened the incident: source bank, tier critical, at risk ¥50,000, note call.",
        ),
        (
            "assignment.offered",
            {
                "eta_s": 143.2, "distance_m": 1830.5, "chance": 0.9, "replaces": None,
                "in_words": {"zh": "按道路最快到达。", "en": "First there by road."},
                "assignment": {"kind": "rider", "responder_id": "r-1"},
            },
            "派警（外卖骑手 r-1）：预计 2 分 23 秒，行程 1.8 公里，按道路最快到达。",
            "A responder was asked to go (rider r-1): there in 2 min 23 s, by road 1.8 km, "
            "First there by road.",
        ),
        ("assignment.expired", {}, "超时未接。", "The offer was not answered in time."),
        (
            "evidence.judged",
            {"convincing": False, "was": None, "note": ""},
            "执法记录审核：有效 否。",
            "The evidence was judged: convincing no.",
        ),
        ("something.new", {"reason": "dispatcher"}, "something.new：原因 指挥员撤回。",
         "something.new: reason a dispatcher's decision."),
    ],
)  # fmt: skip
def test_an_event_is_one_line_in_each_language(type_, data, zh, en):
    """What happened, to whom, and what there is to know; what is not known is not said."""
    assert in_words(type_, data, "zh") == zh
    assert in_words(type_, data, "en") == en


def test_every_type_has_words_with_every_member_it_may_carry():
    """Whatever the value looks like, there is a line."""
    values = (None, 0, 1.5, True, "dissuaded", "own words", {"tier": "high"}, ["a", "b"])
    for name, type_ in TYPES.items():
        for value in values:
            data = dict.fromkeys(type_.members, value)
            for language in ("zh", "en"):
                assert in_words(name, data, language)


@pytest.fixture
def centre(store_office):
    return Centre(store_office, "w")


def visited(centre: Centre) -> str:
    """An alert, an officer at the door, and a victim who keeps the money; the incident's id."""
    officer = centre.unit("MJ-1", "officer", "A")
    centre.unit("WG-1", "grid_worker", "F")
    opened = centre.alert("B", tier="high", amount_yuan=50_000.0, note="张三在门口")
    order = centre.hears("assignment.offered", assignment__responder_id="MJ-1")["assignment"]
    officer.goes(order)
    officer.step(order, "arrive")
    officer.step(order, "report", outcome="dissuaded", note="ok", amount_kept_yuan=50_000.0)
    officer.shows(order)
    centre.hears("follow_up.planned")
    return opened["incident"]["id"]


def test_a_case_is_told_again_in_order_and_in_words(centre):
    """Every event of the incident, numbered without gaps, and how long each stage took."""
    incident_id = visited(centre)
    told = centre.get(f"/v1/incidents/{incident_id}/timeline")
    entries = told["entries"]
    assert [entry["number"] for entry in entries] == list(range(1, len(entries) + 1))
    assert told["next"] is None
    own = [event for event in centre.events() if event["subject"] == incident_id]
    names = [event["type"].removeprefix("forestall.").removesuffix(".v1") for event in own]
    assert [entry["type"] for entry in entries] == names
    assert entries[0]["zh"].startswith("接到预警，建立警情：来源 市级中心，等级 高危")
    arrived = next(entry for entry in entries if entry["type"] == "assignment.arrived")
    assert "民警 MJ-1" in arrived["zh"]
    assert arrived["assignment_id"]
    assert "incident" not in arrived["data"]
    assert "assignment" not in arrived["data"]
    stages = told["stages"]
    order = [stages[name] for name in ("placed_s", "offered_s", "accepted_s", "face_to_face_s",
                                       "dissuaded_s", "proven_s")]  # fmt: skip
    assert None not in order
    assert order == sorted(order)
    assert stages["contact_s"] is None
    assert stages["closed_s"] is None


def test_a_long_case_comes_in_pages(centre):
    """``next`` leads through all of it, once."""
    incident_id = visited(centre)
    whole = centre.get(f"/v1/incidents/{incident_id}/timeline")["entries"]
    seen, after = [], 0
    while after is not None:
        page = centre.get(f"/v1/incidents/{incident_id}/timeline?count=3&after={after}")
        seen += page["entries"]
        after = page["next"]
    assert seen == whole


def test_another_centres_case_is_not_there(centre):
    """The same answer, byte for byte, as for an id that never was."""
    incident_id = visited(centre)
    other = Centre(centre.office, "k")
    absent = incident_id[:-6] + "abcdef"
    foreign, missing = (
        other.request("GET", f"/v1/incidents/{one}/timeline") for one in (incident_id, absent)
    )
    assert foreign.status_code == missing.status_code == 404
    assert foreign.content == missing.content


def test_figures_and_contributions_are_for_planners_of_the_place(centre):
    """One incident, one officer; nothing of it for the next centre."""
    visited(centre)
    found = centre.get("/v1/figures?jurisdiction=w")
    assert found["alerts_by_tier"] == {"critical": 0, "high": 1, "medium": 0, "low": 0}
    assert found["total"]["dissuaded"] == {"of": 1, "count": 1, "share": 1.0}
    assert found["total"]["amount_kept_yuan"] == 50_000.0
    assert found["by_kind"]["officer"]["first_there"] == 1
    who = centre.get("/v1/figures/contributions")
    first = who["responders"][0]
    assert (first["responder_id"], first["dissuaded"], first["kept_yuan"]) == ("MJ-1", 1, 50_000.0)
    other = Centre(centre.office, "k")
    assert other.get("/v1/figures")["total"]["incidents"] == 0
    assert other.get("/v1/figures/contributions")["responders"] == []
    assert other.get("/v1/figures?jurisdiction=w", status=403)
    dispatcher = centre.office.key("w", scopes=("dispatch",))
    assert centre.request("GET", "/v1/figures", headers=dispatcher).status_code == 403


@pytest.mark.parametrize(
    "query",
    [
        "from=yesterday",
        "from=2026-10-12T00:00:00",
        "from=2026-10-12T00:00:00Z&to=2026-10-12T00:00:00Z",
        "from=2020-01-01T00:00:00Z",
        "jurisdiction=a%20b",
        "until=now",
    ],
)
def test_a_period_that_makes_no_sense_is_refused(centre, query):
    """422 and one sentence."""
    for path in ("/v1/figures", "/v1/figures/contributions"):
        assert centre.get(f"{path}?{query}", status=422)["detail"]
