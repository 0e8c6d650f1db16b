"""Measurements of the service beside a bare FastAPI app: `python -m benchmarks [--quick] [--only NAME]`."""
