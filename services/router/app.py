"""The router's composition root: the only place that builds its parts."""

from fastapi import FastAPI

from services.router.handlers import RouterHandler, RouterPorts
from services.router.provisioned import Provisioned
from services.router.rulebook import RuleBook
from services.router.settings import RouterSettings
from services.router.store import MongoCases
from shared.clock import WallClock
from shared.collections import CASES, stops_of
from shared.component import Prepared
from shared.mongo import Mongo
from shared.periodic import Periodic
from shared.publisher import Publisher
from shared.service import Service, create_http
from shared.stage import Stage, StagePorts, StageSpec
from shared.stops import MongoStops
from shared.telemetry import Telemetry
from shared.topics import INPUT

NAME = "router"


def create_app(settings: RouterSettings) -> FastAPI:
    """Return the router: the directory first, then topics, then the stage that uses them."""
    telemetry, clock = Telemetry(), WallClock()
    mongo, publisher = Mongo(settings.mongo), Publisher(settings.kafka)
    store = MongoCases(mongo.cases(CASES))
    rules = RuleBook(settings.directory, settings.categories)
    provisioned = Provisioned(publisher.topics)
    handler = RouterHandler(
        RouterPorts(
            store=store,
            provisioned=provisioned,
            decider=rules.decider,
            known=rules.known,
            clock=clock,
            telemetry=telemetry,
        )
    )
    stage = Stage(
        StageSpec(name=NAME, topics=(INPUT,)),
        handler,
        StagePorts(publisher, MongoStops(NAME, mongo.private(stops_of(NAME))), clock, telemetry),
        kafka=settings.kafka,
        settings=settings.stage,
    )
    components = (
        mongo,
        Prepared(store.prepare),
        publisher,
        Periodic("directory", settings.reload_seconds, rules.reload),
        Periodic("topics", settings.topics_seconds, provisioned.refresh),
        stage,
    )
    return create_http(Service(NAME, telemetry, components))
