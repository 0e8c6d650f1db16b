"""Why a replay cannot go on."""


class ReplayFailed(Exception):
    """The message is for whoever started the replay."""


class Refused(ReplayFailed):
    """The service refused a call for good; `code` is the problem's."""

    def __init__(self, call: str, status: int, code: str, detail: str) -> None:
        super().__init__(f"{call} was answered with {status} {code}: {detail}")
        self.code = code
