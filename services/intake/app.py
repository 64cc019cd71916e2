"""Intake's composition root: the only place that builds its parts."""

from fastapi import FastAPI

from services.intake.doors import actions, batch, complaints, endpoints, lists
from services.intake.guard import Guard
from services.intake.handlers import ActionHandler
from services.intake.ports import IntakePorts
from services.intake.problems import install
from services.intake.reception import Reception
from services.intake.settings import IntakeSettings
from services.intake.store import MongoStore
from shared.clock import WallClock
from shared.collections import stops_of
from shared.component import Component
from shared.mongo import Mongo
from shared.publisher import Publisher
from shared.service import Service, create_http
from shared.stage import Stage, StagePorts, StageSpec
from shared.stops import MongoStops
from shared.telemetry import Telemetry
from shared.topics import ACTION_PATTERN

NAME = "intake"


def create_app(settings: IntakeSettings, *, ports: IntakePorts | None = None) -> FastAPI:
    """Return the whole service; `ports` takes the place of Kafka and the database in tests."""
    ports = ports or _real_ports(settings)
    reception = Reception(settings, ports)
    service = Service(
        NAME,
        ports.telemetry,
        (*ports.components, reception),
        [door.build(reception) for door in (complaints, batch, actions, lists, endpoints)],
    )
    http = create_http(service)
    http.state.reception = reception
    install(http, retry_after=settings.retry_after_seconds)
    http.add_middleware(
        Guard,
        telemetry=ports.telemetry,
        most_in_flight=settings.most_in_flight,
        retry_after=settings.retry_after_seconds,
    )
    return http


def _real_ports(settings: IntakeSettings) -> IntakePorts:
    mongo, publisher = Mongo(settings.mongo), Publisher(settings.kafka)
    store, telemetry, clock = MongoStore(mongo), Telemetry(), WallClock()
    stops = MongoStops(NAME, mongo.private(stops_of(NAME)))
    stage = Stage(
        StageSpec(NAME, pattern=ACTION_PATTERN),
        ActionHandler(store, telemetry),
        StagePorts(publisher, stops, clock, telemetry),
        kafka=settings.kafka,
        settings=settings.stage,
    )
    parts: tuple[Component, ...] = (mongo, store, publisher, stage)
    return IntakePorts(store, publisher, clock, telemetry, parts)
