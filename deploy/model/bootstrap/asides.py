"""What complaints of every category hold beside their matter, as `asides.toml` has it."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from shared.contracts.value_objects import Frozen


class _Asides(Frozen):
    greetings: tuple[str, ...]
    closings: tuple[str, ...]
    contexts: tuple[str, ...]
    word_titles: tuple[str, ...]
    word_problems: tuple[str, ...]
    javanese: Mapping[str, str]
    sundanese: Mapping[str, str]


_ASIDES = _Asides.model_validate(
    tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
)
GREETINGS, CLOSINGS, CONTEXTS = _ASIDES.greetings, _ASIDES.closings, _ASIDES.contexts
WORD_TITLES, WORD_PROBLEMS = _ASIDES.word_titles, _ASIDES.word_problems
JAVANESE, SUNDANESE = _ASIDES.javanese, _ASIDES.sundanese
