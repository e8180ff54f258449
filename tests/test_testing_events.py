"""Listening to the registry's events, as the kit does it."""

from __future__ import annotations

import logging

from typereg.testing.events import EventRecorder, listening


def test_d03_listeners_may_go_in_any_order() -> None:
    logger = logging.getLogger("typereg")
    before = logger.level, list(logger.handlers)
    first, second = listening(EventRecorder()), listening(EventRecorder())
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert logger.isEnabledFor(5)  # the second still listens
    second.__exit__(None, None, None)
    assert (logger.level, list(logger.handlers)) == before
