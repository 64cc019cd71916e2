"""The way of one complaint through the source stays short enough to be followed."""

from tests.support.walk import walk

MOST_FILES = 95


async def test_a_complaint_passes_through_every_service_and_not_through_too_many_files() -> None:
    files = set((await walk()).steps)

    ends = ("intake/submit/routes.py", "router/handlers.py", "notifier/handlers.py")
    assert {f"services/{name}" for name in (*ends, "metrics/handlers.py")} <= files
    assert len(files) <= MOST_FILES
