"""Interceptions as the service keeps and runs them: store, desk, planner, follower, views."""
