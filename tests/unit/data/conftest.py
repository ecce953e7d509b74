"""Fixtures for data sets."""

from tests.helpers.datasets import host, register  # noqa: F401
