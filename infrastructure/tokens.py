"""Lease tokens: unique for ever, so that what was written under one can be told from everything else."""

import itertools
import secrets

_process = secrets.token_hex(8)
_numbers = itertools.count(1)


def new_token() -> str:
    return f"{_process}-{next(_numbers)}"
