"""Starts the parts of the service in their order, and stops them in reverse."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import redis
from fastapi import FastAPI
from sqlalchemy import Connection

from dispatch.live_picture import LivePicture
from services import idempotency, time_source
from services.engine import MapEngine, open_base_map, open_engine
from services.errors import LedgerError, ProblemError, ServiceError, SettingsError
from services.events.flow import EventFlow
from services.events.log import EventLog
from services.events.sealing import Sealer
from services.evidence.intake import EvidenceIntake
from services.evidence.store import EvidenceStore
from services.field_tokens import SECRET_NAME, FieldTokens
from services.http.rate_limit import RateLimits
from services.incidents.work import IncidentWork
from services.interceptions.work import InterceptionWork
from services.keys import KeyRing
from services.ledger.database import Ledger, now_s, open_ledger
from services.ledger.shared_secrets import SharedSecrets
from services.metrics import Metrics
from services.page_files import PageFiles
from services.page_sessions import SECRET_NAME as SESSIONS_SECRET_NAME
from services.page_sessions import PageSessions
from services.peers.reception import Reception
from services.peers.sender import peer_sender
from services.positions.intake import Intake
from services.positions.shared_fixes import SharedFixes
from services.redis_server import EmbeddedRedis
from services.sending.posting import make_client
from services.service import Service
from services.settings import Settings
from services.standing import Standing
from services.tier_policy import read_policies
from services.warm_up import warm_up
from services.webhooks.fan_out import FanOut
from services.webhooks.sender import webhook_sender
from services.workers import Workers

log = logging.getLogger("forestall")

EXPIRE_EVERY_S = 5.0
SWEEP_EVERY_S = 600.0
EVIDENCE_SWEPT_EVERY_S = 3600.0
EVIDENCE_SWEPT_AFTER_S = 3600.0
"""How long after the last moment at which it may arrive a file is taken for left behind."""
BOOKKEEPING_THREADS = 2
PEER_THREADS = 2
"""One books what is due, one takes in what a centre of the same ledger tells another."""
STORING_THREADS = 4
"""Threads that write and read files of evidence."""
SWITCH_INTERVAL_S = 0.0005
"""How long a thread may keep the others from running Python. With Python's own 5 ms a question
that comes while a batch of positions is read waits several times 5 ms: on two cores, with 50
questions and 5,000 positions a second, 99 % were answered within 134 ms; with this, within 36."""


def lifespan(settings: Settings) -> Callable[[FastAPI], AsyncIterator[None]]:
    """What FastAPI runs around the life of the application."""

    @asynccontextmanager
    async def run(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            app.state.service = await start(settings, app.state.metrics, stack)
            yield

    return run  # type: ignore[return-value]


async def start(settings: Settings, metrics: Metrics, stack: AsyncExitStack) -> Service:
    """The running parts; each is stopped when the stack is closed."""
    if settings.map is None:
        raise SettingsError("Say which map to serve: the setting 'map', or 'serve --map'.")
    if settings.clock_speed != 1.0:
        stack.enter_context(time_source.time_to_ourselves())
        time_source.run_at(settings.clock_speed, settings.clock_origin_s)
    policies = read_policies(settings.policy)
    bookkeeping = _pool(stack, "bookkeeping", BOOKKEEPING_THREADS, settings)
    questions = _pool(stack, "questions", settings.question_threads, settings)
    routing = _pool(stack, "routing", settings.routing_threads, settings)
    receiving = _pool(stack, "receiving", 1, settings)

    sys.setswitchinterval(SWITCH_INTERVAL_S)
    engine: MapEngine = await questions.run(open_engine, settings.map)
    await questions.run(warm_up, engine, settings)
    _leave_loaded_code_to_itself()
    ledger: Ledger = await bookkeeping.run(open_ledger, settings.ledger_url)
    stack.callback(ledger.close)
    writers = settings.writing_threads if ledger.dialect == "postgresql" else 1
    writing = _pool(stack, "writing", writers, settings)
    standing = Standing(ledger, engine.network, engine.snapper, engine.put_in_force)
    await bookkeeping.run(standing.refresh)

    flow = await _start_events(stack, ledger, standing, settings, metrics)

    picture = LivePicture(engine.network, engine.snapper, kept_s=settings.positions_kept_s)
    redis_url = _checked_redis_url(settings)
    embedded = EmbeddedRedis() if redis_url is None else None
    if embedded is not None:
        stack.callback(embedded.stop)
    shared = SharedFixes(
        picture,
        settings.redis_keys,
        metrics,
        url=redis_url,
        embedded=embedded,
        timeout_s=settings.redis_timeout_s,
        stream_batches=settings.stream_batches,
        kept_s=settings.positions_kept_s,
    )
    await receiving.run(shared.start)
    stack.push_async_callback(asyncio.to_thread, shared.stop)
    if not shared.up:
        log.warning("Started without Redis: %s", shared.problem)

    work = IncidentWork(
        ledger,
        policies,
        picture,
        lambda: engine.now,
        flow.events,
        metrics,
        settings.staffing_threads,
        settings.staffing_window_s,
    )
    await bookkeeping.run(work.start)
    stack.push_async_callback(asyncio.to_thread, work.stop)
    interceptions = InterceptionWork(
        work.desk,
        picture,
        lambda: engine.now,
        work.engaged,
        metrics,
        standing,
        settings.planning_threads,
    )
    await bookkeeping.run(interceptions.start)
    stack.push_async_callback(asyncio.to_thread, interceptions.stop)

    shared_secrets = SharedSecrets(ledger)
    field_tokens = FieldTokens(await writing.run(shared_secrets, SECRET_NAME))
    sweeping = asyncio.create_task(_sweep(ledger, writing, settings.idempotency_kept_s))
    stack.push_async_callback(_cancelled, sweeping)
    await _start_webhooks(stack, ledger, settings, metrics)
    reception = Reception(ledger, interceptions.correspondence.kinds)
    await _start_peers(stack, ledger, reception, settings)
    evidence = await _start_evidence(stack, ledger, settings)
    expiring = asyncio.create_task(_expire(picture, receiving, metrics))
    stack.push_async_callback(_cancelled, expiring)
    return Service(
        settings=settings,
        metrics=metrics,
        ledger=ledger,
        standing=standing,
        engine=engine,
        picture=picture,
        shared=shared,
        intake=Intake(picture, shared, metrics),
        questions=questions,
        routing=routing,
        receiving=receiving,
        bookkeeping=bookkeeping,
        writing=writing,
        flow=flow,
        desk=work.desk,
        interceptions=interceptions.desk,
        staffer=work.staffer,
        engaged=work.engaged,
        evidence=evidence,
        reception=reception,
        secrets=shared_secrets,
        field_tokens=field_tokens,
        sessions=PageSessions(await writing.run(shared_secrets, SESSIONS_SECRET_NAME)),
        base_map=await questions.run(open_base_map, settings.map),
        pages=await questions.run(PageFiles),
        rates=RateLimits(settings.requests_per_s, settings.unit_requests_per_s),
    )


async def _start_events(
    stack: AsyncExitStack,
    ledger: Ledger,
    standing: Standing,
    settings: Settings,
    metrics: Metrics,
) -> EventFlow:
    """Events are sealed, read and told from now on."""
    moving = _pool(stack, "events", 2, settings)  # one seals, one reads
    replaying = _pool(stack, "replaying", 1, settings)
    events = EventLog(ledger)
    await moving.run(events.start)

    async def look() -> KeyRing:
        await moving.run(standing.refresh)
        return standing.keys

    sealer = Sealer(ledger, FanOut(ledger))
    flow = EventFlow(ledger, sealer, events, moving, replaying, metrics, look)
    return await stack.enter_async_context(flow.running())


async def _start_webhooks(
    stack: AsyncExitStack, ledger: Ledger, settings: Settings, metrics: Metrics
) -> None:
    """Events are sent to webhooks from now on."""
    booking = _pool(stack, "webhooks", 1, settings)
    client = await booking.run(make_client)
    stack.push_async_callback(client.aclose)
    sender = webhook_sender(ledger, metrics, booking, client, settings.allowed_webhook_hosts)
    sending = asyncio.create_task(sender.run())
    stack.push_async_callback(_cancelled, sending)


async def _start_peers(
    stack: AsyncExitStack, ledger: Ledger, reception: Reception, settings: Settings
) -> None:
    """Messages are sent to other centres from now on."""
    pool = _pool(stack, "peers", PEER_THREADS, settings)
    client = await pool.run(make_client)
    stack.push_async_callback(client.aclose)
    sender = peer_sender(ledger, pool, client, reception, settings.allowed_webhook_hosts)
    sending = asyncio.create_task(sender.run())
    stack.push_async_callback(_cancelled, sending)


async def _start_evidence(
    stack: AsyncExitStack, ledger: Ledger, settings: Settings
) -> EvidenceIntake:
    """Files of evidence are received from now on."""
    storing = _pool(stack, "storing", STORING_THREADS, settings)
    store: EvidenceStore = await storing.run(EvidenceStore, settings.evidence_place)
    evidence = EvidenceIntake(store, storing, settings.evidence_uploads)
    older_than_s = settings.evidence_timeout_s + EVIDENCE_SWEPT_AFTER_S
    sweeping = asyncio.create_task(_sweep_evidence(evidence, ledger, older_than_s))
    stack.push_async_callback(_cancelled, sweeping)
    return evidence


def _checked_redis_url(settings: Settings) -> str | None:
    if settings.redis_url is None:
        return None
    url = settings.redis_url.get_secret_value()
    try:
        redis.Redis.from_url(url).close()  # opens nothing
    except ValueError:
        raise SettingsError(
            "The setting redis_url is no address of a Redis: redis://, rediss:// or unix://."
        ) from None
    return url


def _leave_loaded_code_to_itself() -> None:
    """Takes what is loaded by now out of the garbage collector's sight, once a process.

    Libraries and compiled kernels are some 240,000 objects that live as long as the process; going
    through them took 140 ms in which nobody was answered.
    """
    if not gc.get_freeze_count():
        gc.collect()
        gc.freeze()


def _pool(stack: AsyncExitStack, name: str, threads: int, settings: Settings) -> Workers:
    workers = Workers(name, threads, settings.waiting_limit)
    stack.push_async_callback(asyncio.to_thread, workers.close)
    return workers


async def _expire(picture: LivePicture, receiving: Workers, metrics: Metrics) -> None:
    """Forget old positions, now and again."""
    while True:
        await asyncio.sleep(EXPIRE_EVERY_S)
        try:
            await receiving.run(picture.expire, now_s())
        except Exception:  # the next time may do better; the task must not end
            log.exception("old positions could not be forgotten")


async def _sweep(ledger: Ledger, writing: Workers, kept_s: float) -> None:
    """Delete old answers to idempotent requests, now and again."""

    def sweep(connection: Connection) -> int:
        return idempotency.sweep(connection, kept_s, ledger.time_s(connection))

    while True:
        await asyncio.sleep(SWEEP_EVERY_S)
        try:
            while await writing.run(ledger.transact, sweep) == idempotency.SWEEP_LIMIT_ROWS:
                await asyncio.sleep(0)
        except (LedgerError, ProblemError) as error:
            log.warning("old answers could not be deleted: %s", error)


async def _sweep_evidence(evidence: EvidenceIntake, ledger: Ledger, older_than_s: float) -> None:
    """Finish or clear away what dead processes have left under way, now and again."""
    while True:
        try:
            await evidence.sweep(ledger, older_than_s)
        except ServiceError as error:
            log.warning("evidence left under way could not be looked through: %s", error)
        await asyncio.sleep(EVIDENCE_SWEPT_EVERY_S)


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
