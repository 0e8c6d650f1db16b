"""Who writes to customers."""

import re
from dataclasses import dataclass
from email.utils import parseaddr

#: An address has none of what ends it in a header or on a command line.
VISIBLE = re.compile(r"[^\s\x00-\x1f\x7f-\x9f<>,;]+")


@dataclass(frozen=True, slots=True)
class Sender:
    """`name` may be empty."""

    name: str
    address: str

    @classmethod
    def parse(cls, text: str) -> "Sender":
        """Read `Name <address>` or an address. Raises ValueError."""
        name, address = parseaddr(text)
        local, _, domain = address.rpartition("@")
        if not (local and domain and VISIBLE.fullmatch(address) and address.isascii() and text.isprintable()):
            raise ValueError("must be an address, or a name and an address: Mario <orders@example.org>")
        return cls(name, address)

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]
