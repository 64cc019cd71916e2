"""Dead letters and scrapes become facts; what imitates an origin is not believed."""

from deploy.dev.demo.observation import letter as read_letter
from deploy.dev.local.scrape import samples
from shared.contracts.identifiers import complaint_number
from shared.errors import Permanent
from shared.kafka.dead_letters import DeadLetter
from tests.support import builders


def test_a_dead_letter_names_its_origin_and_its_complaint() -> None:
    complaint = builders.complaint_id("one")
    record = builders.FakeRecord("complaint-input", 3, 7, key=str(complaint).encode())
    letter = DeadLetter("router", record, Permanent("no_value", "null"))

    read = read_letter(letter.key, letter.headers)

    assert read.origin == ("complaint-input", 3, 7)
    assert read.number == complaint_number(complaint)
    assert read.reason == "no_value"


def test_headers_of_the_record_itself_cannot_imitate_its_origin() -> None:
    hostile = builders.FakeRecord("agency-kab-3603-action", headers=[("dlq_topic", b"elsewhere")])
    letter = DeadLetter("intake", hostile, Permanent("no_value", "null"))

    assert read_letter(None, letter.headers).origin[0] == "agency-kab-3603-action"
    assert read_letter(None, letter.headers).number is None


def test_cases_are_summed_over_all_labels_and_nothing_else() -> None:
    text = (
        "# TYPE salur_cases gauge\n"
        'salur_cases{agency="kab-3603",status="routed"} 3.0\n'
        'salur_cases{agency="",status="unverified"} 2.0\n'
        "# TYPE salur_cases_by_category gauge\n"
        'salur_cases_by_category{category="x",status="routed"} 9.0\n'
    )

    assert sum(cases for _, cases in samples([text, ""], "salur_cases")) == 5
