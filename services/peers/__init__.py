"""Other centres: which ones a centre works with, and how messages come and go between them.

``registry``
    Peers as rows: whose they are, their address, the secrets that both sides sign with.
``envelope``
    A message as it travels: one CloudEvent.
``outbox``
    Messages on their way, written in the transaction that they tell of.
``sender``
    The task of every process that sends what is due: over HTTP, or within one ledger.
``reception``
    Takes messages in: signature, time, form, and each message once.

The promise: a message is written with what it tells of or not at all, is sent until the peer takes
it or six hours are over, and has its effect once however often it arrives. Nothing is promised
about the order: each message carries its sender's number within the case.
"""
