"""How much is taken on at once: half after a failure, a little more after each success.

What was too much for the database once is too much again as large as it was. What was away for
another reason costs a few small batches afterwards.
"""

STEPS = 16  # successes from one to the most


class AdaptiveSize:
    """A size between 1 and `most`, with which it begins."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.size = most

    def failed(self) -> None:
        """Take half of it from now on."""
        self.size = max(1, self.size // 2)

    def succeeded(self) -> None:
        """Take a sixteenth of the most more."""
        self.size = min(self._most, self.size + max(1, self._most // STEPS))
