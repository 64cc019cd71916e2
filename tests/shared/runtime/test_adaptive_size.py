"""A size that halves and grows."""

from shared.runtime.adaptive_size import STEPS, AdaptiveSize


def test_a_portion_halves_at_each_failure_and_never_vanishes() -> None:
    portion = AdaptiveSize(500)
    sizes = []

    for _ in range(11):
        portion.failed()
        sizes.append(portion.size)

    assert sizes == [250, 125, 62, 31, 15, 7, 3, 1, 1, 1, 1]


def test_a_portion_is_whole_again_after_some_successes_and_no_larger() -> None:
    portion = AdaptiveSize(500)
    for _ in range(9):
        portion.failed()

    for _ in range(STEPS + 1):
        portion.succeeded()

    assert portion.size == 500
    portion.succeeded()
    assert portion.size == 500


def test_the_smallest_portion_grows_too() -> None:
    portion = AdaptiveSize(3)
    portion.failed()
    portion.succeeded()

    assert portion.size == 2
