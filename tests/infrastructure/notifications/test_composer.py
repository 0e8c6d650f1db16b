"""What customers read: in their language, with money and hours as they write them."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from application.ports.notifications import CannotCompose, NotificationKind
from domain.order_state import OrderLine
from infrastructure.notifications.composer import TemplateComposer
from infrastructure.notifications.languages import LANGUAGES
from infrastructure.notifications.rendering import Renderer
from tests.notices import COMPOSER, NOON, a_notice

EVERY_TEXT = [(kind, language) for kind in NotificationKind for language in sorted(LANGUAGES)]


def mail_text(kind: NotificationKind, language: str | None = None, **changes: Any) -> str:
    """Without the spaces that do not break."""
    text = COMPOSER.mail(a_notice(kind, language, **changes)).text
    return text.replace("\u202f", " ").replace("\xa0", " ")


@pytest.mark.parametrize(("kind", "language"), EVERY_TEXT)
def test_there_are_words_for_everything_in_every_language(kind: NotificationKind, language: str) -> None:
    notice = a_notice(kind, language)
    mail = COMPOSER.mail(notice)

    assert 20 < len(COMPOSER.sms(notice)) <= 160
    assert mail.subject == COMPOSER.subject(notice)
    assert mail.language == language
    for text in (COMPOSER.sms(notice), mail.subject, mail.text, mail.html):
        assert "{" not in text.replace("{font", "")
        assert "None" not in text
    assert "Anna" in mail.text
    assert f'<html lang="{language}">' in mail.html


@pytest.mark.parametrize(("kind", "language"), EVERY_TEXT)
def test_what_was_not_told_yet_is_left_out(kind: NotificationKind, language: str) -> None:
    bare = {"estimated_ready_time": None, "carrier": None, "cancel_reason": None}
    mail = COMPOSER.mail(a_notice(kind, language, name="", **bare))
    assert "None" not in mail.text + mail.html + COMPOSER.sms(a_notice(kind, language, **bare))


@pytest.mark.parametrize(("kind", "language"), EVERY_TEXT)
def test_sms_and_subjects_name_nobody(kind: NotificationKind, language: str) -> None:
    notice = a_notice(kind, language, name="Esposito", notes="ring twice")
    told = COMPOSER.sms(notice) + COMPOSER.subject(notice)
    assert not any(secret in told for secret in ("Esposito", "+39081123456", "anna@", "Via Roma", "ring"))


@pytest.mark.parametrize(
    ("language", "amount", "hour", "day"),
    [
        ("en", "€48.67", "1:25 PM", "March 1, 2026, 1:00 PM"),
        ("en-GB", "€48.67", "13:25", "1 March 2026, 13:00"),
        ("it", "48,67 €", "13:25", "1 marzo 2026, 13:00"),
        ("it_CH", "€ 48.67", "13:25", "1 marzo 2026, 13:00"),
        ("it-XX", "48,67 €", "13:25", "1 marzo 2026, 13:00"),
    ],
)
def test_money_and_hours_are_written_as_in_the_customers_region(
    language: str, amount: str, hour: str, day: str
) -> None:
    text = mail_text(NotificationKind.CONFIRMED, language)
    assert (amount in text, hour in text, day in text) == (True, True, True), text


@pytest.mark.parametrize(("currency", "amount"), [("JPY", "¥4,867"), ("KWD", "KWD4.867"), ("USD", "$48.67")])
def test_a_currency_has_as_many_digits_as_it_has(currency: str, amount: str) -> None:
    assert amount in mail_text(NotificationKind.PLACED, currency=currency)


def test_an_hour_of_another_day_comes_with_its_day() -> None:
    late = NOON + timedelta(hours=11, minutes=30)
    assert "March 2, 2026, 12:30 AM" in mail_text(NotificationKind.COOKING, estimated_ready_time=late)


@pytest.mark.parametrize("wish", [None, "de", "xx-YY", "", "../../etc", "e"])
def test_whoever_wishes_no_language_that_there_is_reads_the_pizzerias(wish: str | None) -> None:
    italian = TemplateComposer("it", "UTC")
    assert italian.subject(a_notice(NotificationKind.READY, wish)) == "Il tuo ordine 0ABCDE è pronto"


def test_a_receipt_has_every_line_and_what_was_taken_off() -> None:
    text = mail_text(NotificationKind.CONFIRMED, total_amount=4000)
    assert "2 x Margherita, Large: €33.98" in text
    assert "1 x Diavola, Small, with Olives: €14.69" in text
    assert "Subtotal: €48.67\nDiscount: -€8.67\nTotal: €40.00" in text


def test_without_a_discount_there_is_none_in_it() -> None:
    text = mail_text(NotificationKind.CONFIRMED)
    assert "Discount" not in text
    assert "Total: €48.67" in text


def test_only_placing_and_confirming_come_with_a_receipt() -> None:
    with_receipt = {kind for kind in NotificationKind if "Margherita" in mail_text(kind)}
    assert with_receipt == {NotificationKind.PLACED, NotificationKind.CONFIRMED}


def test_what_people_wrote_is_text_and_nothing_else_in_html() -> None:
    line = OrderLine(pizza="<b>x", size="&", quantity=1, unit_price=1)
    html = COMPOSER.mail(a_notice(NotificationKind.PLACED, name='"><img src=x>', items=(line,))).html
    assert "<img" not in html
    assert "<B>" not in html
    assert "&lt;B&gt;X" in html
    assert "&amp;" in html


@pytest.mark.parametrize("bait", ["Win at http://evil.example", "www.evil.example", "evil.com", "a@evil.example"])
def test_nobody_sends_links_to_strangers_in_our_name(bait: str) -> None:
    assert mail_text(NotificationKind.PLACED, name=bait).startswith("Hello,")
    assert "vil" not in mail_text(NotificationKind.CANCELLED, cancel_reason=bait)


@pytest.mark.parametrize("name", ["J. R. Smith", "Zoë O'Hara", "👩‍🍳 Anna", "李小龍"])
def test_names_of_people_are_no_links(name: str) -> None:
    assert mail_text(NotificationKind.PLACED, name=name).startswith(f"Hello {name},")


@pytest.mark.parametrize("mistake", ["{% block subject %}{{ order.colour }}{% endblock %}", "{% block", None])
def test_a_mistake_in_a_template_is_told_as_one(tmp_path: Path, mistake: str | None) -> None:
    (tmp_path / "en").mkdir()
    if mistake:
        (tmp_path / "en/ready.txt").write_text(mistake)
    renderer = Renderer("en", "UTC", tmp_path)
    for compose in (renderer.mail, renderer.subject):
        with pytest.raises(CannotCompose, match="ready in en"):
            compose(a_notice(NotificationKind.READY))
