"""The life of an incident: from the alert to the closed case, as decisions without any I/O.

``words`` and ``case`` say what there is, ``policy`` what a centre has decided beforehand.

What is told: ``alerts``, ``contacts``, ``visits``, ``evidence``, ``intelligence``, ``amending``,
``closing``. What time brings: ``firing``, with ``follow_ups``. What follows from either is drawn in
one place, ``progress.settle``. Who is asked to go: ``wants``, ``needs``, ``acceptance``,
``staffing`` and, for several incidents at once, ``pairing``; how they get on: ``tracking``. What
happened is one of ``happenings.TYPES``.
"""
