"""Looking back (复盘): what happened in a case, how a place and a time did, who contributed."""
