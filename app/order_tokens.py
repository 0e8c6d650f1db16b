"""The token that placing an order returns: whoever shows it may read and cancel this order, and no other."""

import base64
import hmac


class OrderTokens:
    """HMAC-SHA256 over the order's id (RFC 2104), so that nothing need be stored and nothing can be guessed."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def issue(self, order_id: str) -> str:
        """43 characters of URL-safe base64."""
        digest = hmac.digest(self._secret, b"order:" + order_id.encode(), "sha256")
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def verify(self, order_id: str, token: str) -> bool:
        """Whether the token is this order's, compared in constant time."""
        return hmac.compare_digest(self.issue(order_id).encode(), token.encode())
