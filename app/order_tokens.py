"""The token that placing an order returns: whoever shows it may read and cancel this order, and no other."""

import base64
import hmac
from hashlib import blake2b


class OrderTokens:
    """Keyed BLAKE2b over the order's id (RFC 7693, section 2.9): nothing need be stored and nothing can be guessed."""

    def __init__(self, secret: bytes) -> None:
        """The secret has 16 to 64 bytes."""
        self._secret = secret

    def issue(self, order_id: str) -> str:
        """43 characters of URL-safe base64."""
        digest = blake2b(order_id.encode(), key=self._secret, digest_size=32).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def verify(self, order_id: str, token: str) -> bool:
        """Whether the token is this order's, compared in constant time."""
        return hmac.compare_digest(self.issue(order_id).encode(), token.encode())
