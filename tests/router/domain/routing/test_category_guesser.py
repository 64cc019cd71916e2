"""Guesses of a learned model: the most probable first, and sure by each label's own threshold."""

from dataclasses import replace

import pytest

from services.router.domain.classifier.model import NEVER, Model
from services.router.domain.classifier.predict import Classifier
from services.router.domain.reference.taxonomy import Category, Taxonomy
from services.router.domain.routing.category_guesser import Guesser, LearnedGuesser, NoGuesser
from shared.errors import Misconfigured

TEXTS = ("jalan rusak", "lampu mati", "")


def taxonomy(*slugs: str) -> Taxonomy:
    return Taxonomy([Category(slug=slug, name=slug, name_en=slug) for slug in slugs], {})


ROADS = taxonomy("road", "light", "water")


def test_the_most_probable_category_comes_first(model: Model) -> None:
    found = LearnedGuesser(model, ROADS).guess(TEXTS)

    assert [guesses[0].category for guesses in found] == ["road", "light", "road"]
    for guesses in found:
        assert [one.category for one in guesses] in (["road", "light"], ["light", "road"])
        assert guesses[0].probability >= guesses[1].probability


def test_probabilities_are_the_models(model: Model) -> None:
    [guesses] = LearnedGuesser(model, ROADS).guess(TEXTS[:1])

    expected = Classifier(model).probabilities(TEXTS[:1])[0]
    said = {one.category: one.probability for one in guesses}
    assert said == pytest.approx(dict(zip(model.labels, expected.tolist(), strict=True)), abs=1e-4)


@pytest.mark.parametrize(("thresholds", "sure"), [((0.0, NEVER), "road"), ((NEVER, 0.0), "light")])
def test_each_label_has_its_own_threshold(
    model: Model, thresholds: tuple[float, float], sure: str
) -> None:
    guesser = LearnedGuesser(replace(model, thresholds=thresholds), ROADS)

    for guesses in guesser.guess(TEXTS):
        assert [one.category for one in guesses if one.is_sure] == [sure]


def test_no_text_gets_more_than_three_guesses(model: Model) -> None:
    weights = {
        kind: getattr(model.weights, kind).repeat(2, axis=1)
        for kind in ("words", "pairs", "pieces")
    }
    wide = replace(
        model,
        labels=("a", "b", "c", "d"),
        weights=replace(model.weights, **weights, bias=model.weights.bias.repeat(2)),
        thresholds=(0.5,) * 4,
    )

    found = LearnedGuesser(wide, taxonomy("a", "b", "c", "d")).guess(TEXTS)

    assert [len(guesses) for guesses in found] == [3, 3, 3]
    assert [one.category for one in found[0]] == ["a", "b", "c"]


def test_the_version_is_the_models(model: Model) -> None:
    assert LearnedGuesser(replace(model, version="0123456789ab"), ROADS).version == "0123456789ab"


@pytest.mark.parametrize("slugs", [("road",), ("road", "lights")])
def test_a_label_that_is_no_category_is_refused(model: Model, slugs: tuple[str, ...]) -> None:
    with pytest.raises(Misconfigured, match=r"label 'light' is no category .*\(1 such labels\)"):
        LearnedGuesser(model, taxonomy(*slugs))


def test_no_text_gives_no_guesses(model: Model) -> None:
    for guesser in (LearnedGuesser(model, ROADS), NoGuesser()):
        assert guesser.guess([]) == []


def test_without_a_model_there_is_no_guess_and_no_version() -> None:
    guesser: Guesser = NoGuesser()

    assert guesser.guess(TEXTS) == [(), (), ()]
    assert guesser.version == ""
