"""What drives that really happened say about the map's speeds.

``records`` reads trips: the fixes of a tracked vehicle, or where and when a drive began and ended.
``matching`` puts them on the roads. ``learning`` fits a mode's factors to them, and judges the fit
by trips that it has not seen.
"""
