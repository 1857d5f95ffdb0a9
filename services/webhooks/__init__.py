"""Events out by HTTP: which address is sent which events, and what became of each.

``registry``
    Webhooks as rows: whose they are, where they lead, how they are signed.
``fan_out``
    Notes, in the transaction that gives an event its place, which webhooks it must go to.
``deliveries``
    Events on their way: taken for sending, settled, listed, sent again.
``booking``
    The sender's transactions.
``sender``
    The task of every process that sends what is due.

Signing, pacing and posting are those of ``services.sending``.

The promise: every event is sent to every webhook that was registered for it when it was given its
place, at least once, until the receiver takes it or three days are over. Nothing is promised about
the order. Two processes do not send the same at the same time.
"""
