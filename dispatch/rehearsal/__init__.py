"""Rehearsing a change before making it: days of alerts, played through the real decisions.

Alerts come, responders are found on the road, asked, say yes or no, drive, are with the victim, go
home. Who is offered what is decided by ``dispatch.recommendation`` and ``dispatch.incidents``, as
in the service; only people, phones and the clock are played (``day``). The same alerts, the same
yes and no, the same minutes on scene meet every rule of dispatch (``rules``), so that what differs
between two rules is the rules' doing (``chance``); ``offline`` bounds what any rule could reach.

What goes in: ``scenario`` (alerts, responders and their shifts, habits, closures) and ``demand``,
which draws alerts. What comes out: one row for each alert and rule, and ``summary``.
"""
