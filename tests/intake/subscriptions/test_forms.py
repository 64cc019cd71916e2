"""What a subscription may not hold, and where its webhooks may not lead."""

import json
from pathlib import Path
from typing import Any

import pytest

import services.intake
from shared.contracts.subscriptions import TEMPLATE_FIELDS
from tests.intake.conftest import IntakeBench, problem_of
from tests.intake.subscriptions.test_routes import MAIL, MAIN, PATH, URL, put


async def errors_of(intake: IntakeBench, *endpoints: Any) -> list[tuple[str, str]]:
    answer = await put(intake, await intake.key("operator", "pusat"), *endpoints)
    errors = problem_of(answer, 422)["errors"]
    assert intake.nothing_happened()
    return [(error["pointer"], error["code"]) for error in errors]


async def test_all_that_is_wrong_is_told_at_once(intake: IntakeBench) -> None:
    intake.resolver.hosts["dalam.go.id"] = ["10.0.0.7"]
    wrong = await errors_of(
        intake,
        {"name": "a", "url": "http://lapor.go.id/", "template": {"text": ["ok", "{nik}"]}},
        {"name": "a", "kind": "email", "url": URL},
        {"name": "b", "kind": "email", "address": "bukan alamat", "template": {}},
        {"name": "c", "address": "lapor@kab.go.id"},
        {"name": "d", "url": "https://dalam.go.id/"},
    )

    assert wrong == [
        ("/endpoints/0/name", "name_taken"),
        ("/endpoints/0/url", "invalid_url"),
        ("/endpoints/0/template/text/1", "unknown_field"),
        ("/endpoints/1/name", "name_taken"),
        ("/endpoints/1/address", "missing"),
        ("/endpoints/1/url", "not_for_email"),
        ("/endpoints/2/address", "invalid_address"),
        ("/endpoints/2/template", "not_for_email"),
        ("/endpoints/3/url", "missing"),
        ("/endpoints/3/address", "not_for_webhook"),
        ("/endpoints/4/url", "private_address"),
    ]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": "Besar"}, "/endpoints/0/name"),
        ({"name": "x" * 41}, "/endpoints/0/name"),
        ({"kind": "fax"}, "/endpoints/0/kind"),
        ({"url": 17}, "/endpoints/0/url"),
        ({"url": "https://x/" + "x" * 2_000}, "/endpoints/0/url"),
        ({"filter": {"events": ["thrown"]}}, "/endpoints/0/filter/events/0"),
        ({"filter": {"units": [""]}}, "/endpoints/0/filter/units/0"),
        ({"filter": {"urgency": "soon"}}, "/endpoints/0/filter/urgency"),
        ({"template": "{number}"}, "/endpoints/0/template"),
        ({"template": {"a": "x" * 20_000}}, "/endpoints/0/template"),
    ],
)
async def test_a_wrong_field_is_named(
    intake: IntakeBench, change: dict[str, Any], pointer: str
) -> None:
    ((found, _),) = await errors_of(intake, MAIN | change)

    assert found == pointer


@pytest.mark.parametrize(
    "address",
    [
        "a@b@c.id",
        "a@",
        "@kab.go.id",
        "Budi <budi@kab.go.id>",
        "budi@kab.go.id, ani@kab.go.id",
        "budi@kab.go.id\r\nBcc: x@y.id",
        "büdi@kab.go.id",
        # What no letter would ever go to: the mailer takes plain addresses alone.
        "budi@[192.0.2.1]",
        '"budi a"@kab.go.id',
        "budi@localhost",
        " budi@kab.go.id",
        "",
    ],
)
async def test_an_address_is_one_plain_address(intake: IntakeBench, address: str) -> None:
    wrong = await errors_of(intake, {**MAIL, "address": address})

    assert wrong == [("/endpoints/0/address", "invalid_address")]


async def test_every_field_of_the_list_may_be_named(intake: IntakeBench) -> None:
    text = " ".join(f"{{{name}}}" for name in TEMPLATE_FIELDS)
    template = {"text": text, "{number}": "a brace { alone, an empty {} and {1} are text"}

    operator = await intake.key("operator", "pusat")
    answer = await put(intake, operator, {**MAIN, "template": template})

    assert answer.json()["endpoints"][0]["template"] == template


async def test_the_readmes_example_is_taken(intake: IntakeBench) -> None:
    text = Path(services.intake.__path__[0], "README.md").read_text(encoding="utf-8")
    form = json.loads(text.split("```json")[1].split("```")[0]) | {"version": 0}

    operator = await intake.key("operator", "pusat")
    answer = await intake.http.put(PATH, json=form, headers=operator)

    told = answer.json()["endpoints"]
    assert [each["name"] for each in told] == ["main", "duty", "roads"]
    assert all(field in text for field in TEMPLATE_FIELDS)


@pytest.mark.parametrize("value", ["NaN", "1e999", '"\\ud800"'])
async def test_a_template_that_could_not_be_sent_is_refused(
    intake: IntakeBench, value: str
) -> None:
    operator = await intake.key("operator", "pusat")
    body = f'{{"endpoints":[{{"name":"main","url":"{URL}","template":{{"a":{value}}}}}]}}'

    answer = await intake.http.put(PATH, content=body, headers=operator)

    assert answer.status_code in (400, 422)
    assert intake.nothing_happened()


async def test_a_template_names_at_most_fifty_fields(intake: IntakeBench) -> None:
    most = {"text": "{text}" * 40, "blocks": [{"a": "{number}" * 10, "{at}": "a name is none"}]}
    answer = await put(
        intake, await intake.key("operator", "pusat"), {**MAIN, "template": {**most, "b": "{due}"}}
    )

    (error,) = problem_of(answer, 422)["errors"]
    assert (error["pointer"], error["code"]) == ("/endpoints/0/template", "too_many_fields")
    assert "at most 50" in error["detail"]
    assert "51" in error["detail"]
    assert intake.nothing_happened()
    operator = await intake.key("operator", "pusat")
    assert (await put(intake, operator, {**MAIN, "template": most})).status_code == 200


async def test_a_template_nested_without_end_is_refused(intake: IntakeBench) -> None:
    operator = await intake.key("operator", "pusat")

    for depth in (17, 500, 20_000):
        nested = '{"a":' * depth + "1" + "}" * depth
        body = f'{{"endpoints":[{{"name":"main","url":"{URL}","template":{nested}}}]}}'
        answer = await intake.http.put(PATH, content=body, headers=operator)
        assert answer.status_code in (400, 422)
    assert intake.nothing_happened()


async def test_at_most_twenty_endpoints(intake: IntakeBench) -> None:
    many = [{"name": f"e-{number}", "url": URL} for number in range(21)]

    assert await errors_of(intake, *many) == [("/endpoints", "too_long")]


@pytest.mark.parametrize(
    "url",
    [
        "http://lapor.go.id/",
        "ftp://lapor.go.id/",
        "lapor.go.id",
        "https://",
        "https://lapor.go.id:port/",
        "https://siapa:sandi@lapor.go.id/",
        "https://lapor.go.id\\@10.0.0.1/",
        "https://lapor.go.id/#x",
        "https://lapor.go.id/#",
        "https://lapor .go.id/",
        "https://lapor.go.id/\r\nX: y",
        "https://[::1/",
        "https://[lapor.go.id]/",
        "https://[v1.lapor]/",
        "https://[2001:4860:4860::8888%25eth0]/",
        "https://%31%30.0.0.1/",
        "https://１０.0.0.1/",
        "https://dépôt.id/",
    ],
)
async def test_an_unfit_url_is_refused(intake: IntakeBench, url: str) -> None:
    assert await errors_of(intake, MAIN | {"url": url}) == [("/endpoints/0/url", "invalid_url")]
    assert intake.resolver.asked == []


@pytest.mark.parametrize(
    "host",
    [
        *(
            "127.0.0.1",
            "10.0.0.0",
            "10.255.255.255",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
        ),
        *("0.0.0.0", "100.64.0.1", "224.0.0.1", "255.255.255.255"),
        *("[::1]", "[::]", "[fe80::1]", "[fd00::1]", "[ff02::1]"),
        *("[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[::ffff:a9fe:a9fe]"),
        *("[64:ff9b::a00:1]", "[2002:7f00:1::]"),
    ],
)
async def test_an_address_of_an_inner_network_is_refused(intake: IntakeBench, host: str) -> None:
    wrong = await errors_of(intake, MAIN | {"url": f"https://{host}/hook"})

    assert wrong == [("/endpoints/0/url", "private_address")]
    assert intake.resolver.asked == []


@pytest.mark.parametrize(
    "host",
    [
        *("2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "127.1", "127.0.1"),
        *("017700000001", "0xA9FEA9FE", "10.0.0.010", "127.0.0.1.", "0x"),
    ],
)
async def test_an_address_in_another_form_is_refused(intake: IntakeBench, host: str) -> None:
    wrong = await errors_of(intake, MAIN | {"url": f"https://{host}/hook"})

    assert wrong == [("/endpoints/0/url", "invalid_url")]
    assert intake.resolver.asked == []


@pytest.mark.parametrize(
    "addresses",
    [
        *(["127.0.0.1"], ["10.1.2.3"], ["169.254.169.254"], ["::1"], ["::ffff:10.0.0.1"]),
        ["8.8.8.8", "10.0.0.1"],  # one of them is enough
        ["fe80::1%eth0"],
    ],
)
async def test_a_name_that_resolves_there_is_refused(
    intake: IntakeBench, addresses: list[str]
) -> None:
    intake.resolver.hosts["lapor.tangerangkab.go.id"] = addresses

    wrong = await errors_of(intake, MAIL, MAIN)

    assert wrong == [("/endpoints/1/url", "private_address")]


async def test_a_name_that_does_not_resolve_has_its_own_code(intake: IntakeBench) -> None:
    intake.resolver.hosts["lapor.tangerangkab.go.id"] = []

    assert await errors_of(intake, MAIN) == [("/endpoints/0/url", "unresolvable_host")]


async def test_public_addresses_are_taken(intake: IntakeBench) -> None:
    operator = await intake.key("operator", "pusat")
    hosts = ("8.8.8.8", "[2001:4860:4860::8888]:8443", "lapor.go.id", "lapor.go.id.", "a-b_c.id")
    endpoints = [{"name": f"e-{n}", "url": f"https://{host}/x"} for n, host in enumerate(hosts)]

    answer = await put(intake, operator, *endpoints)

    assert answer.status_code == 200
    assert sorted(intake.resolver.asked) == ["a-b_c.id", "lapor.go.id", "lapor.go.id."]


async def test_a_kept_webhook_is_not_looked_up_again(intake: IntakeBench) -> None:
    operator = await intake.key("operator", "pusat")
    await put(intake, operator, MAIN)
    intake.resolver.hosts["lapor.tangerangkab.go.id"] = []

    answer = await put(intake, operator, MAIN, MAIL)

    assert answer.status_code == 200
    assert len(intake.resolver.asked) == 1


async def test_development_allows_this_machine_and_plain_http(intake: IntakeBench) -> None:
    operator = await intake.key("operator", "pusat")
    local = MAIN | {"url": "http://127.0.0.1:9000/x"}

    intake.restart(allow_private_webhooks=True)
    problem_of(await put(intake, operator, local), 422)
    intake.restart(allow_plain_webhooks=True)

    assert (await put(intake, operator, local)).status_code == 200
    assert intake.resolver.asked == []
