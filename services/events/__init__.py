"""What happened: every event is a row that cannot be changed unnoticed, in an order that holds for
every reader.

An event is written with the state that it describes (:mod:`services.events.append`), as the next
link of its chain. Soon after the commit a sealer gives it a position in the stream
(:mod:`services.events.sealing`), and readers follow positions (:mod:`services.events.log`), never
ids or times: PostgreSQL commits those out of order. :mod:`services.events.verify` finds out whether
anybody has changed, removed, moved or slipped in a row since.
"""
