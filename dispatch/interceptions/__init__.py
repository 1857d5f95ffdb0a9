"""The life of an interception: from the first sighting to the stopped car, without any I/O.

``words`` and ``case`` say what there is, ``planned`` what a plan says. What is told: ``sighting``.
What is made of it: ``planning``, by the mathematics of ``dispatch.interception``. Who is sent by a
plan that somebody chose: ``committing``; what they do: ``posts``. How it ends: ``ending``. What
happened is one of ``happenings.TYPES``.
"""
