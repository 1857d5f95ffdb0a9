"""Positions: how they come in, are judged, and are shared between processes."""
