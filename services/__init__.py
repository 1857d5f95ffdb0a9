"""How anyone asks, and what is remembered."""
