"""What the router's brain costs, beside a plain scikit-learn pipeline that only names a category.

Both take the same made-up texts (median about 200 characters) in this process, on one core: the
brain from rows to lines of JSON, as `salur classify` does, the pipeline from texts to labels.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

from deploy.model.bootstrap.generator import generate
from deploy.model.bootstrap.stock import read_stock
from deploy.model.classify import Given, decide_all, read_complaints
from deploy.model.datasets.csv_table import CsvTable
from services.router.domain.routing.engine import classifier_text
from services.router.reference.rulebook import RuleBook
from services.router.settings import RouterSettings

SEED, LEARNED_SEED = 11, 12
LEARNED_PER_CATEGORY = 200  # as many as the shipped model learned from
REPEAT = 3


@dataclass(frozen=True, slots=True)
class BrainReading:
    """CPU microseconds per text; `plain_us` is None where scikit-learn is not installed."""

    texts: int
    median: int  # characters
    classify_us: float
    model_us: float
    plain_us: float | None

    @property
    def figures(self) -> dict[str, float]:
        """Return the figures for a machine; `ratio` above 1 is faster than the pipeline."""
        found = {
            "texts": self.texts,
            "median_characters": self.median,
            "cpu_us": round(self.classify_us, 1),
            "model_cpu_us": round(self.model_us, 1),
            "texts_per_second": round(1e6 / self.classify_us),
        }
        if self.plain_us is not None:
            found["plain_sklearn_cpu_us"] = round(self.plain_us, 1)
            found["times_plain_sklearn"] = round(self.plain_us / self.classify_us, 2)
        return found


def measure_brain(per_category: int) -> BrainReading:
    """Return what the brain costs on so many texts of each category; the best of three each."""
    rules = RuleBook(RouterSettings().files)
    stock = read_stock(rules.knowledge.taxonomy, SEED)
    texts = [one.text for one in generate(stock, per_category, SEED)]
    table = CsvTable(
        "made up", ("text",), tuple((one,) for one in texts), tuple(range(len(texts))), ","
    )
    return BrainReading(
        texts=len(texts),
        median=sorted(map(len, texts))[len(texts) // 2],
        classify_us=_best(lambda: _classify(table, rules), len(texts)),
        model_us=_best(lambda: _guess(table, rules), len(texts)),
        plain_us=_plain(texts, rules) if find_spec("sklearn") else None,
    )


def _classify(table: CsvTable, rules: RuleBook) -> None:
    complaints = read_complaints(table, Given("text"))
    for _ in decide_all(complaints, None, rules.decider(), rules.known()):
        pass


def _guess(table: CsvTable, rules: RuleBook) -> None:
    complaints = list(read_complaints(table, Given("text")))
    rules.knowledge.guesser.guess([classifier_text(one) for one in complaints])


def _plain(texts: Sequence[str], rules: RuleBook) -> float:
    # An optional part, imported where it is used.
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415
    from sklearn.svm import LinearSVC  # noqa: PLC0415

    stock = read_stock(rules.knowledge.taxonomy, LEARNED_SEED)
    learned = list(generate(stock, LEARNED_PER_CATEGORY, LEARNED_SEED))
    pipeline = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LinearSVC())
    pipeline.fit([one.text for one in learned], [one.label for one in learned])
    return _best(lambda: pipeline.predict(texts), len(texts))


def _best(work: Callable[[], object], count: int) -> float:
    """Return the least CPU time of three runs, in microseconds per text."""
    return min(_timed(work) for _ in range(REPEAT)) / 1000 / count


def _timed(work: Callable[[], object]) -> int:
    began = time.process_time_ns()
    work()
    return time.process_time_ns() - began
