"""Runs a load in its own process and checks what it says."""

import subprocess
import sys

import msgspec

from benchmarks.load import LoadResult, Plan
from benchmarks.processes import ROOT, BenchmarkError


def run_load(plan: Plan) -> LoadResult:
    """Raises `BenchmarkError` for any answer that is not 2xx."""
    finished = subprocess.run(
        [sys.executable, "-m", "benchmarks.load"],
        input=msgspec.json.encode(plan),
        stdout=subprocess.PIPE,
        cwd=ROOT,
        check=True,
        timeout=300,
    )
    result = msgspec.json.decode(finished.stdout, type=LoadResult)
    if result.error:
        raise BenchmarkError(result.error)
    if not result.answers:
        raise BenchmarkError("nothing was answered in time")
    return result
