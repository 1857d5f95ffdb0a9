"""The three routing endpoints as OSRM's clients expect them."""
