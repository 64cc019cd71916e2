"""Intake's composition root: the only place that builds its parts."""

from datetime import timedelta

from fastapi import FastAPI

from services.intake.actions import routes as actions_routes
from services.intake.audit import routes as audit_routes
from services.intake.audit.store import MongoAudit
from services.intake.cases import routes as cases_routes
from services.intake.cases import tracking_code_routes
from services.intake.context import IntakeContext
from services.intake.erasure import routes as erasure_routes
from services.intake.erasure.store import MongoErasures
from services.intake.handlers import ActionHandler, AgencyActionRecord
from services.intake.http import openapi
from services.intake.http.direct_route import direct_doors
from services.intake.http.middleware import RequestMiddleware
from services.intake.http.problems import install
from services.intake.identity import routes as identity_routes
from services.intake.identity.store import MongoIdentities
from services.intake.identity.vault import VaultCodec
from services.intake.keys.store import MongoKeys
from services.intake.ports import IntakePorts
from services.intake.preferences import link_routes
from services.intake.preferences import routes as preferences_routes
from services.intake.preferences.store import MongoOptOuts
from services.intake.settings import IntakeSettings
from services.intake.store import MongoIntakeStore
from services.intake.submit import batch_routes
from services.intake.submit import routes as submit_routes
from services.intake.subscriptions import delivery_routes, endpoint_routes
from services.intake.subscriptions import routes as subscriptions_routes
from services.intake.subscriptions.resolver import SystemResolver
from services.intake.subscriptions.store import MongoSubscriptions
from services.intake.unsent import reconciler
from services.intake.unsent.reconciler import SubmissionReconciler
from services.intake.unsent.store import MongoUnsent
from services.intake.unsent.sweep import SECONDS, SubmissionSweep
from shared.contracts.topics import ACTION_PATTERN
from shared.database.collections import stops_of
from shared.database.mongo import Mongo
from shared.kafka.publisher import Publisher
from shared.runtime.clock import WallClock
from shared.runtime.periodic import Periodic
from shared.runtime.reachability import ReachabilityCheck
from shared.runtime.service import Service, create_http
from shared.stage.halts import MongoHalts
from shared.stage.stage import Stage, StagePorts, StageSpec
from shared.telemetry.registry import Telemetry
from shared.telemetry.tracing import tracing_of

NAME = "intake"
DIRECTORY_SECONDS = 5.0  # how often the directory is looked at
DOORS = (
    submit_routes,
    tracking_code_routes,
    batch_routes,
    actions_routes,
    cases_routes,
    subscriptions_routes,
    endpoint_routes,
    delivery_routes,
    identity_routes,
    audit_routes,
    preferences_routes,
    link_routes,
    erasure_routes,
)


def create_app(settings: IntakeSettings, *, ports: IntakePorts | None = None) -> FastAPI:
    """Return the whole service; `ports` takes the place of Kafka and the database in tests."""
    ports = ports or _real_ports(settings)
    reception = IntakeContext(settings, ports)
    routers = [door.build(reception) for door in DOORS]
    service = Service(
        NAME,
        ports.telemetry,
        (*ports.components, reception, *_turns(settings, ports, reception)),
        routers,
    )
    http = create_http(service)
    http.state.reception = reception
    openapi.install(http)
    install(http, retry_after=settings.retry_after_seconds)
    http.add_middleware(
        RequestMiddleware,
        admission=reception.admission,
        telemetry=ports.telemetry,
        tracing=ports.tracing,
        backlog=reception.backlog,
        retry_after=settings.retry_after_seconds,
        direct=direct_doors(routers, retry_after=settings.retry_after_seconds),
    )
    return http


def _turns(
    settings: IntakeSettings, ports: IntakePorts, reception: IntakeContext
) -> tuple[Periodic, ...]:
    """Return what is done again every so often."""
    sweeping = SubmissionSweep(ports, after=timedelta(days=settings.unsent_days))
    lost = SubmissionReconciler(ports, after=timedelta(seconds=settings.caseless_seconds))
    look_seconds = min(reconciler.SECONDS, settings.caseless_seconds)
    return (
        Periodic("erasures", settings.erasures_seconds, reception.erasing.turn),
        Periodic("unsent submissions", SECONDS, sweeping.turn),
        Periodic("complaints without a case", look_seconds, lost.turn),
        Periodic("institutions", DIRECTORY_SECONDS, reception.names.reload),
    )


def _real_ports(settings: IntakeSettings) -> IntakePorts:
    mongo, publisher = Mongo(settings.mongo), Publisher(settings.kafka)
    safe = VaultCodec(settings.vault_ring)
    store, telemetry, clock = MongoIntakeStore(mongo, safe), Telemetry(), WallClock()
    tracing = tracing_of(NAME, settings.tracing, instance=settings.instance)
    stops = MongoHalts(NAME, mongo.private(stops_of(NAME)))
    around = StagePorts(publisher, stops, clock, telemetry, tracing)
    stage = _action_stage(settings, ActionHandler(store, clock, telemetry), around)
    erasures = MongoErasures(mongo)
    kept = MongoAudit(mongo, days=settings.audit_days, instance=settings.instance)
    resolver = SystemResolver(seconds=settings.resolve_seconds)
    return IntakePorts(
        store=store,
        publisher=publisher,
        unsent=MongoUnsent(mongo),
        subscriptions=MongoSubscriptions(mongo),
        resolver=resolver,
        keys=MongoKeys(mongo),
        identities=MongoIdentities(mongo, safe),
        audit=kept,
        erasures=erasures,
        opt_outs=MongoOptOuts(mongo),
        clock=clock,
        telemetry=telemetry,
        tracing=tracing,
        components=(
            tracing,
            mongo,
            ReachabilityCheck("MongoDB", mongo.start),
            resolver,
            store,
            kept,
            erasures,
            publisher,
            stage,
        ),
    )


def _action_stage(
    settings: IntakeSettings, handler: ActionHandler, ports: StagePorts
) -> Stage[AgencyActionRecord]:
    # The doors need none of it: whatever becomes of the group, citizens are received.
    spec = StageSpec(NAME, pattern=ACTION_PATTERN, is_awaited=False)
    return Stage(spec, handler, ports, kafka=settings.kafka, settings=settings.stage)
