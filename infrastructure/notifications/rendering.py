"""Texts from templates: one folder for each language, one file for each kind of notice."""

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
from babel import Locale, UnknownLocaleError

from application.ports.notifications import CannotCompose, Mail, Notice, NotificationKind
from infrastructure.notifications.languages import LANGUAGES, TEMPLATES, primary_language
from infrastructure.notifications.wording import Facts, one_line

#: These come with the receipt.
WITH_RECEIPT = frozenset({NotificationKind.PLACED, NotificationKind.CONFIRMED})


class Renderer:
    """A template has three blocks: `sms`, `subject`, and `body`, whose paragraphs `mail.txt` and `mail.html` frame."""

    def __init__(self, language: str, time_zone: str, templates: Path = TEMPLATES) -> None:
        self._own = language
        self._zone = ZoneInfo(time_zone)
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(templates),
            autoescape=jinja2.select_autoescape(["html"]),
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._locales: dict[str, Locale] = {}

    def sms(self, notice: Notice) -> str:
        return one_line(self._block(notice, "sms"))

    def subject(self, notice: Notice) -> str:
        return one_line(self._block(notice, "subject"))

    def mail(self, notice: Notice) -> Mail:
        language = self._language(notice)
        known = self._facts(notice)
        try:
            template = self._templates.get_template(f"{primary_language(language)}/{notice.kind}.txt")
            subject, body = (_render(template, block, known) for block in ("subject", "body"))
            frame = known | {
                "subject": one_line(subject),
                "paragraphs": [paragraph.strip() for paragraph in body.split("\n\n") if paragraph.strip()],
                "with_receipt": notice.kind in WITH_RECEIPT,
            }
            text, html = (
                self._templates.get_template(f"{primary_language(language)}/mail.{form}").render(frame)
                for form in ("txt", "html")
            )
        except jinja2.TemplateError as failure:
            raise CannotCompose(f"{notice.kind} in {language}: {failure}") from failure
        return Mail(subject=frame["subject"], text=text, html=html, language=language)

    def _block(self, notice: Notice, block: str) -> str:
        language = self._language(notice)
        try:
            template = self._templates.get_template(f"{primary_language(language)}/{notice.kind}.txt")
            return _render(template, block, self._facts(notice))
        except jinja2.TemplateError as failure:
            raise CannotCompose(f"{notice.kind} in {language}: {failure}") from failure

    def _facts(self, notice: Notice) -> dict[str, Any]:
        return {"order": Facts(notice.order, self._locale(self._language(notice)), self._zone)}

    def _language(self, notice: Notice) -> str:
        """The customer's, where there are texts in it."""
        wanted = notice.language
        return wanted if wanted and primary_language(wanted) in LANGUAGES else self._own

    def _locale(self, language: str) -> Locale:
        """How money and times are written there; in a region that nobody knows, as in the language at large."""
        found = self._locales.get(language)
        if found is None:
            try:
                found = Locale.parse(language.replace("_", "-"), sep="-")
            except (UnknownLocaleError, ValueError):
                found = Locale.parse(primary_language(language))
            self._locales[language] = found
        return found


def _render(template: jinja2.Template, block: str, known: dict[str, Any]) -> str:
    return "".join(template.blocks[block](template.new_context(known))).strip()
