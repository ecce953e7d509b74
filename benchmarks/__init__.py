"""Benchmarks of the hot paths against plain references in the same run: ``python -m benchmarks``."""
