"""What ``services.events.verify`` goes through, a part of the record each.

Every check is a generator of :class:`~services.events.checks.flaws.Flaw`. Only its first one means
something: what it says later rests on rows that were found to be wrong before.
"""
