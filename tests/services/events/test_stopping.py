"""The tasks that keep events moving end when they are told to."""

from __future__ import annotations

import asyncio

from services.events.flow import _nudged


def test_a_cancellation_that_comes_together_with_a_nudge_is_not_lost():
    """Else the service would hang for ever when it stops just as something happens."""

    async def run() -> bool:
        nudge = asyncio.Event()

        async def keep_going() -> None:
            while True:
                await _nudged(nudge, 10.0)

        task = asyncio.create_task(keep_going())
        await asyncio.sleep(0.01)
        nudge.set()
        for _ in range(3):  # the nudge has arrived below, and not yet above
            await asyncio.sleep(0)
        nudge.set()
        await asyncio.sleep(0)
        task.cancel()
        done, _ = await asyncio.wait([task], timeout=2.0)
        return task in done

    assert asyncio.run(run())
