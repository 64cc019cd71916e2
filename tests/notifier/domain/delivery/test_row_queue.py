"""The order within a lane, whatever comes in and whenever it is done."""

from datetime import timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.delivery.deliveries import Delivery
from services.notifier.domain.delivery.row_queue import RowQueue
from tests.support.builders import START, complaint_id


def row(complaint: int, seq: int, *, due: int = 0, attempts: int = 0) -> Delivery:
    return Delivery(
        delivery_id=f"{complaint}:{seq}",
        ce_id=f"{complaint}:{seq}",
        endpoint_id="e",
        agency="kab-1",
        complaint_id=complaint_id(str(complaint)),
        seq=seq,
        source="agency-kab-1/0",
        offset=due,
        created=START,
        due=START + timedelta(seconds=due),
        body="four",
        attempts=attempts,
    )


places = st.tuples(st.integers(0, 4), st.integers(1, 6))
rows = st.lists(places, unique=True, max_size=20)


@given(rows, st.integers(1, 4), st.randoms(use_true_random=False))
def test_each_complaint_goes_by_seq_and_one_at_a_time(
    given_rows: list[tuple[int, int]], at_once: int, random: object
) -> None:
    queue, busy, order = RowQueue(), list[Delivery](), dict[UUID, list[int]]()
    queue.add(row(complaint, seq, due=place) for place, (complaint, seq) in enumerate(given_rows))

    while len(queue) or busy:
        while len(busy) < at_once and (taken := queue.take()):
            assert taken.complaint_id not in {one.complaint_id for one in busy}
            order.setdefault(taken.complaint_id, []).append(taken.seq)
            busy.append(taken)
        queue.done(busy.pop(random.randrange(len(busy))))  # type: ignore[attr-defined]

    assert all(seqs == sorted(seqs) for seqs in order.values())
    assert sum(map(len, order.values())) == len(given_rows)
    assert queue.size == 0
    assert queue.ids == frozenset()


@given(rows)
def test_complaints_go_by_due_time(given_rows: list[tuple[int, int]]) -> None:
    queue = RowQueue()
    queue.add(row(complaint, seq, due=place) for place, (complaint, seq) in enumerate(given_rows))
    heads = [queue.take() for _ in {complaint for complaint, _ in given_rows}]

    dues = [head.order for head in heads if head]
    assert dues == sorted(dues)
    assert queue.take() is None


def test_a_row_that_comes_late_still_goes_before_its_successor() -> None:
    queue = RowQueue()
    queue.add([row(1, 2)])
    queue.add([row(1, 1, due=9)])

    first = queue.take()

    assert first is not None
    assert first.seq == 1


def test_a_probe_takes_the_row_tried_least() -> None:
    queue = RowQueue()
    queue.add([row(1, 1, due=1, attempts=3), row(1, 2, due=2), row(2, 1, due=3, attempts=1)])

    chosen = queue.take_least_tried()

    assert chosen is not None
    assert chosen.delivery_id == "2:1"
    assert queue.busy == {"2:1"}


def test_what_is_forgotten_is_not_handed_out() -> None:
    queue = RowQueue()
    queue.add([row(1, 1), row(2, 1)])
    busy = queue.take()
    assert busy is not None

    queue.forget()

    assert queue.take() is None
    assert (len(queue), queue.size) == (0, 0)
    assert queue.ids == frozenset({busy.delivery_id})
