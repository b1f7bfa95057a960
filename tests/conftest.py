"""Options that all tests share."""

from __future__ import annotations

import pytest
from campaign import RUNNING
from hypothesis import HealthCheck, settings

BUSY = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}  # a machine may be slow
settings.register_profile("quick", derandomize=True, database=None, **BUSY)
settings.register_profile("campaign", database=None, print_blob=True, **BUSY)
settings.load_profile("campaign" if RUNNING else "quick")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--refresh-golden",
        action="store_true",
        help="write the golden files anew; read each one before it is committed",
    )
