"""Text messages over HTTP, as Twilio takes them and providers compatible with it."""

import asyncio
from urllib.parse import quote

import httpx
import msgspec

from application.dispatch.retry import Unavailable
from application.ports.notifications import Message, MessageRejected
from infrastructure.cloudevents.outcomes import REQUEST_TIMEOUT, no_answer, seconds_to_wait

WHO = "the SMS provider"
#: Not the number's fault: the account, its credentials, the address, or too much at once.
FOR_EVERYBODY = frozenset({401, 402, 403, 404, 405, 407, 408, 425, 429})
#: Twilio's codes for a sender that is not ours, which come with 400.
WRONG_SENDER = frozenset({21212, 21603, 21606, 21607, 21659, 21660})
LONGEST_ID = 64


class _Answer(msgspec.Struct):
    """Of an answer: the message's `sid`, or a `code` that tells why there is none."""

    sid: str | None = None
    code: int | None = None


_answers = msgspec.json.Decoder(_Answer)


class HttpSmsGateway:
    """Implements `application.ports.notifications.SmsGateway`, and closes the client that it was given."""

    batch_size = 1
    workers = 8

    def __init__(
        self,
        url: str,
        client: httpx.AsyncClient,
        *,
        account: str,
        token: str,
        sender: str,
        timeout: float = REQUEST_TIMEOUT,
    ) -> None:
        """`url` is the API's base, such as https://api.twilio.com; `timeout` is for a whole call, in seconds."""
        self._url = f"{url.rstrip('/')}/2010-04-01/Accounts/{quote(account, safe='')}/Messages.json"
        self._client = client
        self._auth = httpx.BasicAuth(account, token)
        self._sender = sender
        self._timeout = timeout

    async def close(self) -> None:
        await self._client.aclose()

    async def send(self, message: Message) -> str | None:
        """Post under the event's id, so that the provider can tell a repeat.

        Raises `Unavailable` for no answer, 429, 5xx and what concerns everybody, `MessageRejected`, `CannotCompose`.
        """
        body = message.sms()
        try:
            async with asyncio.timeout(self._timeout):
                response = await self._client.post(
                    self._url,
                    data={"To": message.to, "From": self._sender, "Body": body},
                    headers={"Idempotency-Key": f"{message.event_id}/sms"},
                    auth=self._auth,
                    follow_redirects=False,
                )
        except (httpx.TransportError, OSError) as failure:
            raise no_answer(WHO, failure) from failure
        answer = _read(response.content)
        _check(response, answer)
        return answer.sid[:LONGEST_ID] if answer.sid else None


def _read(content: bytes) -> _Answer:
    try:
        return _answers.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _Answer()


def _check(response: httpx.Response, answer: _Answer) -> None:
    """The texts of answers stay out of what is raised, which is logged: they may name the number."""
    status = response.status_code
    if 200 <= status < 300:
        return
    said = f"{WHO} answered {status}" + (f", code {answer.code}" if answer.code else "")
    if not 400 <= status < 500 or status in FOR_EVERYBODY or answer.code in WRONG_SENDER:
        raise Unavailable(said, seconds_to_wait(response.headers.get("Retry-After")), status)
    raise MessageRejected(said, str(answer.code or status))
