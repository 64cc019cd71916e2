"""The brain and the clocks in use: made anew when a file changes, swapped between two batches."""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from services.router.domain.case.timekeeper import Timekeeper
from services.router.domain.reference.directory import parse_directory
from services.router.domain.reference.taxonomy import Taxonomy, parse_needs, parse_taxonomy
from services.router.domain.routing.category_guesser import Guesser, LearnedGuesser, NoGuesser
from services.router.domain.routing.engine import Decider, ReferenceData, RoutingEngine
from services.router.domain.routing.rules import parse_rules
from services.router.reference.data_file import Stamp, read_text, stamp
from services.router.reference.model_file import read_model
from services.router.reference.places_file import load_places
from services.router.reference.timekeeper_loader import load_timekeeper
from shared.errors import BrokerAway, Misconfigured
from shared.runtime.garbage_collection import collect_seldom, exempt_living

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RuleFiles:
    """The files that decisions rest on, and those of the clocks.

    Without `model` categories come from words alone, without `limits` no clock rings, without
    `calendar` nothing corrects the published holidays.
    """

    directory: Path
    taxonomy: Path
    needs: Path
    rules: Path
    model: Path | None = None
    limits: Path | None = None
    calendar: Path | None = None

    @property
    def texts(self) -> tuple[Path, ...]:
        """Return the tables that a decision names by one version."""
        return self.directory, self.taxonomy, self.needs, self.rules

    @property
    def all(self) -> tuple[Path, ...]:
        """Return every file that is to be watched."""
        others = (self.model, self.limits, self.calendar)
        return (*self.texts, *(path for path in others if path is not None))


class _Loaded(NamedTuple):
    knowledge: ReferenceData
    brain: RoutingEngine
    timekeeper: Timekeeper


class RuleBook:
    """Holds brain and clocks over the newest good version of the files, all of them together.

    `before_use` is awaited between reading files that have changed and using them. `supervisor` is
    the code of the institution above all others, which hears where deadlines passed.

    Raises:
        Misconfigured: a file is missing or wrong when this is made, or `supervisor` is not among
            the open institutions.
    """

    def __init__(
        self,
        files: RuleFiles,
        *,
        supervisor: str | None = None,
        before_use: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._supervisor, self._before_use = supervisor, before_use
        collect_seldom()  # building makes many small values
        self._files = files
        self._seen = self._stamps()
        knowledge = load_reference_data(files)
        time = self._load_time(knowledge)
        self._take(_Loaded(knowledge, RoutingEngine(knowledge, load_places()), time))

    @property
    def knowledge(self) -> ReferenceData:
        """Return what decisions rest on."""
        return self._knowledge

    def decider(self) -> Decider:
        """Return the brain over the newest good files."""
        return self._brain

    def timekeeper(self) -> Timekeeper:
        """Return the clocks over the newest good files."""
        return self._time

    def known(self) -> frozenset[str]:
        """Return the codes of all institutions in the directory."""
        return self._known

    def succession(self) -> Mapping[str, str | None]:
        """Return who took over from each closed institution; None where nobody did."""
        return self._succession

    def investigated(self) -> frozenset[str]:
        """Return the categories whose reports need an investigation."""
        return self._knowledge.taxonomy.investigated

    def units(self) -> frozenset[str]:
        """Return the names of units that the rules have."""
        return frozenset(rule.unit for rule in self._knowledge.rules if rule.unit)

    async def reload(self) -> None:
        """Look at the files again; a wrong one is reported once per change and changes nothing."""
        stamps = self._stamps()
        if stamps == self._seen:
            return
        self._seen = stamps
        # Building takes most of a second; the old brain decides meanwhile.
        new = await asyncio.to_thread(self._changed)
        if new is not None:
            await self._prepare()
            # Not in the thread: a batch asks for the brain and for the known codes.
            self._take(new)
            version, model = self._knowledge.version, self._knowledge.guesser.version
            clocks = self._time.version
            log.info("rules %s, model %s, clocks %s in use", version, model or "none", clocks)

    async def _prepare(self) -> None:
        try:
            if self._before_use is not None:
                await self._before_use()
        except BrokerAway as error:
            log.warning("rules are taken into use all the same: %s", error)

    def _changed(self) -> _Loaded | None:
        old = self._knowledge
        try:
            new = load_reference_data(self._files)
            time = self._load_time(new)
        except Misconfigured as error:
            detail = "; ".join(line.strip() for line in str(error).splitlines())
            log.warning("rules %s stay: %s", old.version, detail)
            return None
        if (new.version, new.guesser.version) != (old.version, old.guesser.version):
            return _Loaded(new, RoutingEngine(new, load_places()), time)
        return None if time.version == self._time.version else _Loaded(old, self._brain, time)

    def _load_time(self, knowledge: ReferenceData) -> Timekeeper:
        files, directory = self._files, knowledge.directory
        return load_timekeeper(files.limits, files.calendar, directory, supervisor=self._supervisor)

    def _take(self, loaded: _Loaded) -> None:
        self._knowledge, self._brain, self._time = loaded
        self._known = frozenset(self._knowledge.directory.institutions)
        self._succession = self._knowledge.directory.succession
        # Half a million objects that live as long as the brain: no collection need walk them.
        exempt_living()

    def _stamps(self) -> tuple[Stamp | None, ...]:
        return tuple(map(stamp, self._files.all))


def load_reference_data(files: RuleFiles) -> ReferenceData:
    """Return what the files hold.

    Raises:
        Misconfigured: one is missing or wrong; the message names file, line and what to write.
    """
    texts = {path: read_text(path) for path in files.texts}
    directory = parse_directory(texts[files.directory])
    taxonomy = parse_taxonomy(texts[files.taxonomy], parse_needs(texts[files.needs]))
    return ReferenceData(
        directory=directory,
        taxonomy=taxonomy,
        rules=parse_rules(texts[files.rules], directory, taxonomy),
        guesser=_guesser(files.model, taxonomy),
        version=hashlib.sha256("\0".join(texts.values()).encode()).hexdigest()[:12],
    )


def _guesser(path: Path | None, taxonomy: Taxonomy) -> Guesser:
    return NoGuesser() if path is None else LearnedGuesser(read_model(path), taxonomy)
