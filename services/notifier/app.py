"""The notifier's composition root: the only place that builds its parts."""

import random

from fastapi import FastAPI

from services.notifier.gateways import WebhookSender
from services.notifier.handlers import NotifierHandler
from services.notifier.lanes import Lanes, LanesPorts
from services.notifier.settings import NotifierSettings
from services.notifier.store import MongoNotifierStore
from shared.clock import WallClock
from shared.collections import DELIVERIES, ENDPOINTS, LANES, stops_of
from shared.component import Prepared
from shared.mongo import Mongo
from shared.publisher import Publisher
from shared.service import Service, create_http
from shared.stage import Stage, StagePorts, StageSpec
from shared.stops import MongoStops
from shared.telemetry import Telemetry
from shared.topics import AGENCY_PATTERN

NAME = "notifier"


def create_app(settings: NotifierSettings) -> FastAPI:
    """Return the notifier: the lanes first, then the stage that fills them."""
    telemetry, clock = Telemetry(), WallClock()
    mongo, publisher = Mongo(settings.mongo), Publisher(settings.kafka)
    store = MongoNotifierStore(
        mongo.private(DELIVERIES), mongo.private(LANES), mongo.private(ENDPOINTS)
    )
    sender = WebhookSender(request_seconds=settings.request_seconds)
    lanes = Lanes(LanesPorts(store, sender, clock, telemetry, random.random), settings)
    stage = Stage(
        StageSpec(name=NAME, pattern=AGENCY_PATTERN),
        NotifierHandler(store, lanes, clock),
        StagePorts(publisher, MongoStops(NAME, mongo.private(stops_of(NAME))), clock, telemetry),
        kafka=settings.kafka,
        settings=settings.stage,
    )
    # The stage stops first, then the lanes finish what it gave them.
    components = (mongo, Prepared(store.prepare), publisher, sender, lanes, stage)
    return create_http(Service(NAME, telemetry, components))
