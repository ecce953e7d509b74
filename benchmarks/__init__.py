"""What the project's time goes into, measured against plain references in the same run: ``python -m benchmarks``."""
