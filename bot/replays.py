"""Which of Slack's signed requests have come already: the same one twice is somebody else's doing."""

# docs.slack.dev, "Verifying requests from Slack": a request is good for five minutes about its own time.
GOOD_FOR = 600.0  # seconds, from five minutes before that time to five after it


class Replays:
    """The signatures of Slack's requests of the last ten minutes, remembered only once they are found to be Slack's. A
    retry of Slack's own has another time, and so another signature."""

    def __init__(self) -> None:
        self._at: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._at)

    def first(self, signature: str, now: float) -> bool:
        """Whether a signature comes for the first time; `now`: seconds on a clock that never goes back."""
        while self._at and now - (oldest := next(iter(self._at.items())))[1] > GOOD_FOR:
            del self._at[oldest[0]]
        if signature in self._at:
            return False
        self._at[signature] = now
        return True
