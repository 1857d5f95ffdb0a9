"""The HTTP API: each file translates one group of paths, and decides nothing."""
