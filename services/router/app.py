"""The router's composition root: the only place that builds its parts."""

from datetime import timedelta

from fastapi import FastAPI

from services.router.deadlines.due_index import MongoDueCases
from services.router.deadlines.scheduler import DeadlineScheduler, DeadlineSchedulerPorts
from services.router.domain.duplicates.similarity import RecentReports
from services.router.duplicates.linker import DuplicateLinker
from services.router.duplicates.sketch_log import MongoSketchLog
from services.router.handlers import RouterHandler, RouterPorts
from services.router.known_units import KnownUnits
from services.router.provisioned import ProvisionedAgencies
from services.router.reference.rulebook import RuleBook
from services.router.refusals_store import MongoRefusals
from services.router.republishing.input_positions import MongoWrittenCases
from services.router.settings import RouterSettings
from services.router.store import MongoCases
from shared.contracts.topics import INPUT
from shared.database.collections import CASES, NEIGHBOURS, REFUSALS, UNITS, stops_of
from shared.database.mongo import Mongo
from shared.kafka.publisher import Publisher
from shared.reference.accepted_units import MongoAcceptedUnits
from shared.runtime.clock import WallClock
from shared.runtime.component import StartupStep
from shared.runtime.periodic import Periodic
from shared.runtime.service import Service, create_http
from shared.stage.halts import MongoHalts
from shared.stage.stage import Stage, StagePorts, StageSpec
from shared.telemetry.registry import Telemetry
from shared.telemetry.tracing import tracing_of

NAME = "router"
PRUNE_SECONDS = 3600.0


def create_app(settings: RouterSettings) -> FastAPI:
    """Return the router: the directory first, then topics, then the stage that uses them."""
    telemetry, clock = Telemetry(), WallClock()
    tracing = tracing_of(NAME, settings.tracing, instance=settings.instance)
    mongo, publisher = Mongo(settings.mongo), Publisher(settings.kafka)
    provisioned = ProvisionedAgencies(publisher.topics)
    # A line of the directory comes after its topic: the list must know it when complaints do.
    rules = RuleBook(settings.files, supervisor=settings.supervisor, before_use=provisioned.refresh)
    store = MongoCases(mongo.cases(CASES), rules.timekeeper)
    refusals = MongoRefusals(mongo.cases(REFUSALS), clock)
    window = timedelta(days=settings.duplicate_days)
    neighbours = MongoSketchLog(mongo.cases(NEIGHBOURS), clock, window)
    duplicates = DuplicateLinker(neighbours, RecentReports(window)) if window else None
    firing = DeadlineScheduler(
        DeadlineSchedulerPorts(
            cases=store,
            due=MongoDueCases(mongo.cases(CASES)),
            publish=publisher.publish,
            timekeeper=rules.timekeeper,
            clock=clock,
            telemetry=telemetry,
        ),
        grace=timedelta(seconds=settings.clocks_grace_seconds),
    )
    timer = Periodic("clocks", settings.clocks_seconds, firing.turn)
    units = KnownUnits(MongoAcceptedUnits(mongo.private(UNITS)), rules.units)
    handler = RouterHandler(
        RouterPorts(
            store=store,
            refusals=refusals,
            provisioned=provisioned,
            decider=rules.decider,
            known=rules.known,
            investigated=rules.investigated,
            succession=rules.succession,
            units=units.units,
            timekeeper=rules.timekeeper,
            firing=firing,
            written=MongoWrittenCases(mongo.cases(CASES)),
            clock=clock,
            telemetry=telemetry,
            duplicates=duplicates,
            scenario=settings.scenario,
        )
    )
    stops = MongoHalts(NAME, mongo.private(stops_of(NAME)))
    stage = Stage(
        StageSpec(name=NAME, topics=(INPUT,)),
        handler,
        StagePorts(publisher, stops, clock, telemetry, tracing),
        kafka=settings.kafka,
        settings=settings.stage,
    )
    components = (
        tracing,
        mongo,
        StartupStep(store.prepare),
        StartupStep(refusals.prepare),
        StartupStep(neighbours.prepare),
        Periodic("neighbours", PRUNE_SECONDS, neighbours.prune),
        publisher,
        Periodic("rules", settings.reload_seconds, rules.reload),
        Periodic("units", settings.units_seconds, units.refresh),
        Periodic("topics", settings.topics_seconds, provisioned.refresh),
        stage,
        *(() if settings.scenario else (timer,)),  # in a scenario time comes from ticks alone
    )
    return create_http(Service(NAME, telemetry, components))
