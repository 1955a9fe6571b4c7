"""The log: one JSON object a line on standard error, a constant event name and ids as fields."""

import logging
import sys
from typing import Any

import structlog

# Values under these names never reach the log, whoever passes them.
SECRET = ("password", "token", "secret", "authorization", "cookie", "pin")


def _redact(_logger: object, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    for name in event:
        if any(word in name.lower() for word in SECRET):
            event[name] = "***"
    return event


def configure_log(level: str = "info") -> None:
    """Send structlog and the standard library's warnings through the same JSON lines."""
    number = logging.getLevelNamesMapping()[level.upper()]
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _redact,
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(number, logging.WARNING))


log: structlog.stdlib.BoundLogger = structlog.get_logger()
