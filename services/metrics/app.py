"""The composition root of metrics: the only place that builds things."""

from fastapi import FastAPI

from services.metrics.handlers import MetricsHandler
from services.metrics.lag.offsets import KafkaOffsets
from services.metrics.lag.watcher import LagWatcher
from services.metrics.league.naming import InstitutionNaming
from services.metrics.league.routes import LeaguePorts, build, install
from services.metrics.league.store import MongoGroups
from services.metrics.league.table_cache import ShownUnits, TableCache
from services.metrics.settings import MetricsSettings
from services.metrics.snapshot import Snapshot
from services.metrics.store import MongoFacts
from shared.contracts.topics import EVENT
from shared.database.collections import FACTS, UNITS, stops_of
from shared.database.mongo import Mongo
from shared.kafka.publisher import Publisher
from shared.reference.accepted_units import MongoAcceptedUnits
from shared.reference.names import DisplayNames
from shared.runtime.clock import WallClock
from shared.runtime.periodic import Periodic
from shared.runtime.reachability import ReachabilityCheck
from shared.runtime.service import Service, create_http
from shared.stage.halts import MongoHalts
from shared.stage.stage import Stage, StagePorts, StageSpec
from shared.telemetry.registry import Telemetry
from shared.telemetry.tracing import tracing_of

NAME = "metrics"


def create_service(settings: MetricsSettings, telemetry: Telemetry | None = None) -> Service:
    """Return the service, not started."""
    telemetry = telemetry or Telemetry()
    clock = WallClock()
    tracing = tracing_of(NAME, settings.tracing, instance=settings.instance)
    mongo = Mongo(settings.mongo)
    store = MongoFacts(mongo.cases(FACTS))
    names = DisplayNames(settings.directory, settings.taxonomy)
    snapshot = Snapshot(store, telemetry, settings, name_of=names.institution)
    lag = LagWatcher(KafkaOffsets(settings.kafka), clock, telemetry, settings=settings)
    publisher = Publisher(settings.kafka)
    stops = MongoHalts(NAME, mongo.private(stops_of(NAME)))
    stage = Stage(
        StageSpec(NAME, topics=(EVENT,)),
        MetricsHandler(store, snapshot, lag, telemetry=telemetry),
        StagePorts(publisher, stops, clock, telemetry, tracing),
        kafka=settings.kafka,
        settings=settings.stage,
    )
    naming = InstitutionNaming(names, settings.directory)
    groups = MongoGroups(mongo.cases(FACTS), settings.league_timeout_seconds)
    units = ShownUnits(
        MongoAcceptedUnits(mongo.private(UNITS)), settings.units_of_rules(), settings.least_cases
    )
    tables = TableCache(groups, clock, settings.league_seconds, units=units)
    league = build(LeaguePorts(tables, naming, clock, max_age=int(settings.league_seconds)))
    renewal = Periodic("names", settings.reload_seconds, naming.reload)
    reachable = ReachabilityCheck("MongoDB", mongo.start)
    components = (tracing, mongo, reachable, publisher, snapshot, lag, renewal, stage)
    return Service(NAME, telemetry, components, [league])


def create_app(settings: MetricsSettings) -> FastAPI:
    """Return the service's HTTP side, which starts and stops the rest."""
    http = create_http(create_service(settings))
    install(http)
    return http
