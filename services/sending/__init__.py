"""Signed messages to others over HTTP: how they are proved, paced, posted, and taken from rows.

``signing``
    Secrets, and the three headers of Standard Webhooks: made and checked.
``addresses``
    Where messages may be sent to.
``pacing``
    How long to wait after a failure, and how many requests a receiver is sent at once.
``attempts``
    One try at sending one thing, its outcome, and what a transaction books of both.
``posting``
    One request to one receiver, and what its answer means.
``sender``
    The task of every process that sends what is due.

Events go to webhooks (``services.webhooks``) and messages to other centres (``services.peers``) in
the same way; each keeps rows of its own.
"""
