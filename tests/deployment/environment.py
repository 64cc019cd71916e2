"""Which names of environment variables the services know."""

import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import get_args

from pydantic import BaseModel

from services.intake.settings import IntakeSettings
from services.metrics.settings import MetricsSettings
from services.notifier.settings import NotifierSettings
from services.router.settings import RouterSettings
from shared.settings import ServiceSettings

SETTINGS: Mapping[str, type[ServiceSettings]] = MappingProxyType(
    {
        "intake": IntakeSettings,
        "router": RouterSettings,
        "notifier": NotifierSettings,
        "metrics": MetricsSettings,
    }
)


def is_setting(service: str, name: str) -> bool:
    """Tell whether a service reads this variable, under its own prefix or `SALUR_`."""
    for prefix in (f"{service.upper()}_", "SALUR_"):
        if name.startswith(prefix):
            words = name.removeprefix(prefix).lower().split("__")
            return _has(SETTINGS[service], words)
    return False


def _has(model: type[BaseModel], words: list[str]) -> bool:
    field = model.model_fields.get(words[0])
    if field is None or len(words) == 1:
        return field is not None
    kinds = (field.annotation, *get_args(field.annotation))
    models = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
    return any(_has(kind, words[1:]) for kind in models)


def read_settings(service: str, values: Mapping[str, str]) -> ServiceSettings:
    """Return the settings that a process with this environment, and nothing else, would have."""
    before = dict(os.environ)
    os.environ.clear()
    try:
        os.environ.update(values)
        return SETTINGS[service]()
    finally:
        os.environ.clear()
        os.environ.update(before)
