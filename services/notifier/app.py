"""The notifier's composition root: the only place that builds its parts."""

import random
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI

from services.notifier.channels.agency_email import AgencyEmailSender
from services.notifier.channels.mail import Mailer
from services.notifier.channels.sms import SmsGateway
from services.notifier.channels.webhook import Senders, WebhookSender
from services.notifier.database import MongoNotifierStore, delivery_retention
from services.notifier.delivery.dispatcher import Dispatcher
from services.notifier.handlers import NotifierHandler
from services.notifier.ports import DeliveryPorts
from services.notifier.reporter_settings import keys_of
from services.notifier.reporters.allowance import DailyAllowance
from services.notifier.reporters.contacts import MongoReporterContacts
from services.notifier.reporters.handlers import WAYS, ReporterHandler
from services.notifier.reporters.sender import MessageContext, ReporterSender, senders_of
from services.notifier.settings import NotifierSettings
from shared.contracts.subscriptions import EndpointKind
from shared.contracts.topics import AGENCY_PATTERN, EVENT, REPORTERS
from shared.database.collections import (
    ALLOWANCES,
    CONTACTS,
    DELIVERIES,
    ENDPOINTS,
    LANES,
    OPT_OUTS,
    stops_of,
)
from shared.database.mongo import Mongo
from shared.kafka.publisher import Publisher
from shared.privacy.contacts import Contact
from shared.reference.names import DisplayNames
from shared.runtime.clock import WallClock
from shared.runtime.component import Component, StartupStep
from shared.runtime.periodic import Periodic
from shared.runtime.service import Service, create_http
from shared.runtime.tls import public_authorities_context
from shared.stage.halts import MongoHalts
from shared.stage.handler import StageHandler
from shared.stage.stage import Stage, StagePorts, StageSpec
from shared.telemetry.registry import Telemetry
from shared.telemetry.tracing import tracing_of

NAME = "notifier"
NAMES_SECONDS = 5.0  # how often the institutions' names are looked at


def create_app(settings: NotifierSettings) -> FastAPI:
    """Return the notifier: the lanes first, then the stages that fill them."""
    parts = _Parts(settings)
    writers = _writers(parts) if settings.tells_reporters else {}
    lanes = _lanes(parts, writers)
    # The stages stop first, then the lanes finish what they gave them.
    components = [*parts.components, lanes, _agencies(parts, lanes)]
    if writers:
        components.append(_reporters(parts, lanes, tuple(writers)))
    return create_http(Service(NAME, parts.telemetry, components))


class _Parts:
    """What has a life of its own under the lanes and the stages, in the order of starting."""

    def __init__(self, settings: NotifierSettings) -> None:
        self.settings = settings
        self.telemetry, self.clock = Telemetry(), WallClock()
        self.tracing = tracing_of(NAME, settings.tracing, instance=settings.instance)
        self.mongo, self.publisher = Mongo(settings.mongo), Publisher(settings.kafka)
        self.store = MongoNotifierStore(
            *map(self.mongo.private, (DELIVERIES, LANES, ENDPOINTS)),
            keeping=delivery_retention(settings),
        )
        self.book = MongoReporterContacts(
            *map(self.mongo.private, (CONTACTS, OPT_OUTS)), keys=settings.contact_ring
        )
        most = settings.reporters.most_a_day
        self.allowance = DailyAllowance(self.mongo.private(ALLOWANCES), most=most)
        seconds, trust = settings.request_seconds, public_authorities_context(settings.ca_file)
        self.webhooks = WebhookSender(
            request_seconds=seconds, allow_private=settings.allow_private_webhooks, trust=trust
        )
        self.mailer = Mailer(settings.smtp, request_seconds=seconds, trust=trust)
        self.gateway = SmsGateway(settings.sms, request_seconds=seconds, trust=trust)
        self.components: list[Component] = [
            self.tracing,
            self.mongo,
            StartupStep(self.store.prepare),
            StartupStep(self.allowance.prepare),
            self.publisher,
            self.webhooks,
            self.mailer,
            self.gateway,
        ]

    def stage(self, spec: StageSpec, handler: StageHandler[Any]) -> Stage[Any]:
        """Return a stage of this service; all of them keep their stops in one place."""
        stops = MongoHalts(spec.name, self.mongo.private(stops_of(NAME)))
        ports = StagePorts(self.publisher, stops, self.clock, self.telemetry, self.tracing)
        return Stage(spec, handler, ports, kafka=self.settings.kafka, settings=self.settings.stage)


def _lanes(parts: _Parts, writers: Mapping[Contact, ReporterSender]) -> Dispatcher:
    senders = Senders(
        {EndpointKind.WEBHOOK: parts.webhooks, EndpointKind.EMAIL: AgencyEmailSender(parts.mailer)},
        {WAYS[way].endpoint_id: sender for way, sender in writers.items()},
    )
    ports = DeliveryPorts(
        store=parts.store,
        sender=senders,
        clock=parts.clock,
        telemetry=parts.telemetry,
        chance=random.random,
        ways=[WAYS[way] for way in writers],
        tracing=parts.tracing,
    )
    return Dispatcher(ports, parts.settings)


def _agencies(parts: _Parts, lanes: Dispatcher) -> Component:
    handler = NotifierHandler(parts.store, lanes, parts.clock)
    return parts.stage(StageSpec(name=NAME, pattern=AGENCY_PATTERN), handler)


def _reporters(parts: _Parts, lanes: Dispatcher, ways: Sequence[Contact]) -> Component:
    hours = parts.settings.reporters.most_age_hours
    handler = ReporterHandler(parts.book, lanes, parts.clock, ways=ways, hours=hours)
    return parts.stage(StageSpec(name=REPORTERS, topics=(EVENT,)), handler)


def _writers(parts: _Parts) -> Mapping[Contact, ReporterSender]:
    settings = parts.settings
    names = DisplayNames(settings.directory, None)
    parts.components.append(Periodic("names", NAMES_SECONDS, names.reload))
    desk = MessageContext(
        book=parts.book,
        allowance=parts.allowance,
        institution=names.institution,
        clock=parts.clock,
        telemetry=parts.telemetry,
        tracking_keys=keys_of(settings.tracking_key),
        page=settings.reporters.page,
        links=settings.reporters.links,
    )
    return senders_of(
        desk,
        mailer=parts.mailer if settings.mails_reporters else None,
        gateway=parts.gateway if settings.sms.is_on else None,
    )
