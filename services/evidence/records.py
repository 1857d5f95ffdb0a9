"""What the ledger knows of each file of evidence."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from dispatch.incidents.case import Evidence
from services.evidence.store import place_of
from services.ledger.tables import assignments, evidence, incidents


@dataclass(frozen=True, slots=True)
class EvidenceRecord:
    """One file."""

    evidence_id: str
    incident_id: str
    jurisdictions: tuple[str, str]
    """Of the incident, and of the responder who sent it: who holds either may see it."""
    media_type: str
    size_bytes: int
    sha256: bytes
    place: str
    """Below the root of the store."""


def add(connection: Connection, incident_id: str, received: Evidence) -> None:
    """Note a file, in the transaction that tells its incident."""
    connection.execute(
        insert(evidence).values(
            evidence_id=received.evidence_id,
            incident_id=incident_id,
            assignment_id=received.assignment_id,
            received_at_s=received.received_at_s,
            media_type=received.media_type,
            size_bytes=received.size_bytes,
            sha256=bytes.fromhex(received.sha256_hex),
            location=place_of(received.evidence_id),
        )
    )


def judge(connection: Connection, evidence_id: str, convincing: bool) -> None:
    """Note the judgement, in the transaction that tells the incident."""
    connection.execute(
        update(evidence).where(evidence.c.evidence_id == evidence_id).values(convincing=convincing)
    )


def find(connection: Connection, evidence_id: str) -> EvidenceRecord | None:
    """A file; None where there is none."""
    row = connection.execute(
        select(
            evidence,
            incidents.c.jurisdiction.label("of_incident"),
            assignments.c.jurisdiction.label("of_responder"),
        )
        .join(incidents, incidents.c.incident_id == evidence.c.incident_id)
        .join(assignments, assignments.c.assignment_id == evidence.c.assignment_id)
        .where(evidence.c.evidence_id == evidence_id)
    ).one_or_none()
    if row is None:
        return None
    return EvidenceRecord(
        evidence_id=row.evidence_id,
        incident_id=row.incident_id,
        jurisdictions=(row.of_incident, row.of_responder),
        media_type=row.media_type,
        size_bytes=row.size_bytes,
        sha256=bytes(row.sha256),
        place=row.location,
    )


def known(connection: Connection, evidence_ids: Collection[str]) -> set[str]:
    """Which of some ids the ledger has."""
    return set(
        connection.scalars(
            select(evidence.c.evidence_id).where(evidence.c.evidence_id.in_(list(evidence_ids)))
        )
    )
