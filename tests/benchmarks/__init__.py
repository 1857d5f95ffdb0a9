"""What is fast and what is not, as ratios in one run: ``make bench``.

Nothing here is a test. Machines differ and are shared, so every line names its peer where there is
one, and the table says which machine it was.
"""
