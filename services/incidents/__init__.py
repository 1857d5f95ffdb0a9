"""The life of incidents in the ledger: who decides, in which transaction, and who is told."""
