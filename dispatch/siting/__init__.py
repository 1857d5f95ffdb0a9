"""Where people should stand: posts for years, standby for the next hour; proven, or with a gap."""
