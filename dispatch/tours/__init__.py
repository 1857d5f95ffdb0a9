"""Who visits whom on one day's round, door to door (扫楼) or again (回访), in which order."""
