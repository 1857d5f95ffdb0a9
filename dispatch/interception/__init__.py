"""Stopping a moving subject at a place that it has not reached yet (拦截)."""
