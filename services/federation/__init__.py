"""Interceptions between centres: what is promised there, kept in the ledger and sent to peers.

``correspondence``
    Messages out of what happened, and what a message that came in does.
``requests``
    Which checkpoints a neighbour is asked about, and when.
``places``
    A checkpoint of another centre's map, found on ours.
``answering``
    What a neighbour could hold: on its own map, with its own free units.
``work``
    The thread of every process that answers requests and counts silence as no.
"""
