"""Events out by HTTP: which address is sent which events, and what became of each.

``registry``
    Webhooks as rows: whose they are, where they lead, how they are signed.
``signing``
    Secrets and the three headers of Standard Webhooks.
``fan_out``
    Notes, in the transaction that gives an event its place, which webhooks it must go to.
``deliveries``
    Events on their way: taken for sending, settled, listed, sent again.
``posting``
    One request to one receiver, and what its answer means.
``pacing``
    How long to wait after a failure, and how many requests a receiver is sent at once.
``sender``
    The task of every process that sends what is due.

The promise: every event is sent to every webhook that was registered for it when it was given its
place, at least once, until the receiver takes it or three days are over. Nothing is promised about
the order. Two processes do not send the same at the same time.
"""
