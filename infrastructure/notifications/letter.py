"""A mail as it goes out: its headers, and its text in plain and in HTML."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from application.ports.notifications import Message, MessageRejected
from infrastructure.notifications.sender import VISIBLE, Sender


def envelope_address(text: str) -> str:
    """The address as the server is told it, with its domain in ASCII.

    Raises `MessageRejected` for what is none, or what one reader would take for another address than the next.
    """
    local, _, domain = text.rpartition("@")
    try:
        address = f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        address = ""
    if not local or not VISIBLE.fullmatch(address) or parseaddr(address)[1] != address:
        raise MessageRejected("this is no mail address", "bad_address")
    return address


def write_letter(message: Message, recipient: str, sender: Sender) -> EmailMessage:
    """The same in every try, to the letter, but for what a template says by then. Raises `CannotCompose`."""
    mail = message.mail()
    local, _, domain = recipient.rpartition("@")
    letter = EmailMessage(SMTP)
    letter["From"] = Address(sender.name, addr_spec=sender.address)
    # Without the customer's name: it adds nothing, and whoever orders may choose it.
    letter["To"] = Address(username=local, domain=domain)
    letter["Subject"] = mail.subject
    letter["Date"] = format_datetime(message.happened_at)
    letter["Message-ID"] = f"<{message.event_id}@{sender.domain}>"
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(mail.text)
    letter.add_alternative(mail.html, subtype="html")
    letter["Content-Language"] = mail.language  # behind the parts, which would take it over
    letter.set_boundary(f"={message.event_id}=")
    return letter
