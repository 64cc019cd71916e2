"""Who supervises on a machine of one's own."""

import pytest

from deploy.operate.agencies.institutions import SUPERVISOR, open_codes, supervision
from deploy.operate.agencies.regional_directory import PATH
from deploy.operate.keys.keys_and_audit import new_key
from shared.errors import Misconfigured
from shared.settings import MongoSettings


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("ROUTER_SUPERVISOR", "ROUTER_DIRECTORY", "SALUR_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_with_the_shipped_directory_an_institution_of_it_supervises(
    bare: pytest.MonkeyPatch,
) -> None:
    assert supervision() == {"ROUTER_SUPERVISOR": SUPERVISOR}
    assert SUPERVISOR in open_codes()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ROUTER_SUPERVISOR", "kem-001"),
        ("ROUTER_SUPERVISOR", ""),
        ("ROUTER_DIRECTORY", str(PATH.with_name("own.csv"))),
    ],
)
def test_whoever_says_something_else_is_not_overruled(
    bare: pytest.MonkeyPatch, name: str, value: str
) -> None:
    bare.setenv(name, value)

    assert supervision() == {}


async def test_no_key_is_made_for_an_institution_that_the_directory_lacks() -> None:
    nowhere = MongoSettings(url="mongodb://127.0.0.1:1/")

    with pytest.raises(Misconfigured, match="no institution kab-9999"):
        await new_key(nowhere, "agency", "loket", agency="kab-9999")
