"""Rows of the ledger with nothing in them but what a test is about."""

from __future__ import annotations

from services.ids import new_id


def incident(**values) -> dict:
    """An open incident of a victim of their own, in the centre 500101."""
    incident_id = values.get("incident_id", new_id())
    row = {
        "incident_id": incident_id,
        "centre": "500101",
        "jurisdiction": "500101/longbao",
        "victim_ref": f"victim of {incident_id}",
        "state": "responding",
        "is_open": True,
        "tier": 3,
        "answer_tier": 3,
        "opened_at_s": 1_700_000_000.0,
        "version": 1,
        "document": {},
        "event_count": 0,
        "head_sha256": bytes(32),
    }
    return row | values


def assignment(incident_id: str, responder_id: str, **values) -> dict:
    """A live assignment of a responder of 500101."""
    row = {
        "assignment_id": new_id(),
        "incident_id": incident_id,
        "jurisdiction": "500101",
        "responder_id": responder_id,
        "kind": "officer",
        "purpose": "visit",
        "state": "offered",
        "live": True,
        "offered_at_s": 1_700_000_000.0,
        "document": {},
    }
    return row | values


def event(chain_number: int = 1, **values) -> dict:
    """An event of a chain, with hashes that mean nothing."""
    row = {
        "event_id": new_id(),
        "chain_id": "chain",
        "chain_number": chain_number,
        "type": "incident.opened",
        "jurisdiction": "500101",
        "at_s": 1_700_000_000.0,
        "data": "{}",
        "previous_sha256": bytes(32),
        "sha256": bytes(32),
    }
    return row | values
