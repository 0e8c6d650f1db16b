"""The id of a customer: always the same for a phone number, and telling nobody the number."""

import hmac
import re
import secrets

from application.ports import SecretStore

_punctuation = re.compile(r"[^0-9+]")


class CustomerIds:
    """HMAC-SHA256 (RFC 2104) of the number, under a secret that all replicas share: so ten first orders at once make
    one customer, wherever they come in, and no table leads from numbers to ids."""

    def __init__(self, secret_store: SecretStore) -> None:
        self._store = secret_store
        self._secret: bytes | None = None

    async def of(self, phone: str) -> str:
        """32 hexadecimal digits, whatever punctuation the number has. Raises `StoreUnavailable`."""
        if self._secret is None:
            self._secret = await self._store.get_or_create("customer", secrets.token_bytes(32))
        return hmac.digest(self._secret, _punctuation.sub("", phone).encode(), "sha256").hex()[:32]
