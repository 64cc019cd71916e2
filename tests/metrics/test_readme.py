"""The README and the catalogue tell the same metrics and labels, also in PromQL."""

import re
from pathlib import Path

import services.metrics
from services.metrics.domain.routing import MisroutingSign
from services.metrics.league.ranking import LeagueOrder, RankingRate, TierChoice
from services.metrics.league.request import Lang
from services.metrics.settings import MetricsSettings
from shared.telemetry.catalogue import CATALOGUE

HERE = Path(services.metrics.__path__[0])
README = (HERE / "README.md").read_text(encoding="utf-8")
LABELS = {spec.name: spec.labels for spec in CATALOGUE}
SOURCES = "".join(path.read_text(encoding="utf-8") for path in HERE.rglob("*.py"))
OWN = {name for name in LABELS if f'"{name}"' in SOURCES}


def queries() -> list[str]:
    return re.findall(r"^\| [^|]+ \| `(.*salur_.*)` \|$", README, re.MULTILINE)


def test_the_readme_names_the_metrics_that_the_service_makes_and_no_others() -> None:
    named = set(re.findall(r"\b(?:salur|kafka)_[a-z_]+", README))

    assert named == OWN


def test_the_table_of_gauges_has_the_labels_of_the_catalogue() -> None:
    rows = dict(re.findall(r"^\| `(salur_[a-z_]+)` \| ([a-z, ]*?) ?\| ", README, re.MULTILINE))

    assert len(rows) == 9
    assert {name: tuple(filter(None, row.split(", "))) for name, row in rows.items()} == {
        spec.name: spec.labels for spec in CATALOGUE if spec.name in OWN and spec.name in rows
    }


def test_every_query_uses_labels_that_its_metrics_have() -> None:
    assert len(queries()) == 10
    for query in queries():
        for name, matchers in re.findall(r"(salur_[a-z_]+)(?:\{([^}]*)\})?", query):
            used = re.findall(r"([a-z]+)=", matchers)
            grouped = re.findall(r"[a-z]+", " ".join(re.findall(r"by \(([^)]*)\)", query)))
            assert set(used) | set(grouped) <= set(LABELS[name]), query


def test_brackets_and_braces_of_every_query_close() -> None:
    for query in queries():
        assert [query.count(sign) for sign in "({"] == [query.count(sign) for sign in ")}"]


def test_every_kind_is_explained_and_every_kind_asked_for_exists() -> None:
    explained = re.findall(r"^\| `([a-z]+)` \| [a-z]", README, re.MULTILINE)
    asked = re.findall(r'kind="([a-z]+)"', README)

    assert explained == [sign.value for sign in MisroutingSign]
    assert set(asked) <= set(MisroutingSign)


def test_the_settings_have_the_defaults_that_the_readme_names() -> None:
    rows = re.findall(r"^\| `METRICS_([A-Z_]+)` \| ([0-9]+) \|", README, re.MULTILINE)
    defaults = MetricsSettings()

    assert len(rows) == 10
    assert {name: float(value) for name, value in rows} == {
        name: float(getattr(defaults, name.lower())) for name, _ in rows
    }


def test_the_league_is_told_with_all_its_choices() -> None:
    _, _, league = README.partition("## The league")
    rows = dict(re.findall(r"^\| `([a-z]+)` \| (.*?) \| ", league, re.MULTILINE))

    for name, choices in (
        ("tier", TierChoice),
        ("by", RankingRate),
        ("sort", LeagueOrder),
        ("lang", Lang),
    ):
        assert set(re.findall(r"`([a-z_]+)`", rows[name])) == {choice.value for choice in choices}
