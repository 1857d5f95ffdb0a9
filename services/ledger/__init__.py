"""The ledger: what must survive a restart, as rows in SQL."""

from services.ledger.database import Ledger
from services.ledger.tables import TABLES

__all__ = ["TABLES", "Ledger"]
