"""Logs: events with fields, on standard error."""

import logging
import sys

import structlog


def configure() -> None:
    """Sends structlog's events, and warnings of the libraries, to standard error as plain lines."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            # Plain tracebacks: those of rich show what variables hold, and some hold tokens.
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            ),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    # It warns of each tick that comes while the one before is at work: that is how a dumb tick is meant to go.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
