"""Settings: from the environment, checked at once, and never telling a secret."""

import pytest

from app.settings import LONGEST_TIMEOUT, Settings, SettingsError, load_settings
from application.dispatch.handler import EventHandler
from infrastructure.cloudevents.publisher import PATIENCE


def test_nothing_need_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PORT", "HOST", "K_SINK"):
        monkeypatch.delenv(name, raising=False)
    settings = load_settings()

    assert settings.database_url == "sqlite:///pizzeria.db"
    assert settings.port == 8000
    assert settings.cloudevents_sink is None
    assert settings.staff_by_key() == {}


@pytest.mark.parametrize(
    ("name", "value", "field", "read"),
    [
        ("PORT", "9000", "port", 9000),
        ("PIZZERIA_DATABASE_URL", "mongodb://db/pizzeria", "database_url", "mongodb://db/pizzeria"),
        ("PIZZERIA_CLOUDEVENTS_SINK", "http://sink", "cloudevents_sink", "http://sink"),
        ("K_SINK", "http://knative", "cloudevents_sink", "http://knative"),
        ("PIZZERIA_CLOUDEVENTS_SINK", "", "cloudevents_sink", None),
        ("K_CE_OVERRIDES", '{"extensions": {"shop": "1"}}', "cloudevents_extensions", {"shop": "1"}),
        ("K_CE_OVERRIDES", "", "cloudevents_extensions", {}),
        ("PIZZERIA_KITCHEN_CAPACITY", "3", "kitchen_capacity", 3),
        ("PIZZERIA_LANGUAGE", "it-CH", "language", "it-CH"),
        ("PIZZERIA_NOTIFICATIONS", "off", "notifications", "off"),
        ("PIZZERIA_SMTP_URL", "", "smtp_url", None),
        ("PIZZERIA_SMS_URL", "", "sms_url", None),
        ("PIZZERIA_DELIVERY_MINUTES", "45", "delivery_minutes", 45),
        ("PIZZERIA_TIME_ZONE", "Europe/Rome", "time_zone", "Europe/Rome"),
        ("PIZZERIA_CLOUDEVENTS_TIMEOUT_SECONDS", "0.1", "cloudevents_timeout_seconds", 0.1),
        ("PIZZERIA_KITCHEN_DISPLAY_TIMEOUT_SECONDS", "14", "kitchen_display_timeout_seconds", 14.0),
    ],
)
def test_the_environment_is_read(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, field: str, read: object
) -> None:
    monkeypatch.setenv(name, value)
    assert getattr(load_settings(), field) == read


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("PIZZERIA_DATABASE_URL", "postgres://user:hunter2hunter2@db"),
        ("PIZZERIA_DATABASE_URL", "sqlite:///"),
        ("PIZZERIA_MONGO_DRIVER", "mongoose"),
        ("PIZZERIA_API_KEYS", "short"),
        ("PIZZERIA_API_KEYS", "mario:hunter2hunter2,luigi:hunter2hunter2"),
        ("PIZZERIA_API_KEYS", "mario:hunter2 hunter2"),
        ("PIZZERIA_CLOUDEVENTS_SINK", "hunter2hunter2"),
        ("PIZZERIA_CLOUDEVENTS_MODE", "loud"),
        ("K_CE_OVERRIDES", "[hunter2hunter2]"),
        ("PIZZERIA_KITCHEN_CAPACITY", "0"),
        ("PIZZERIA_TIME_ZONE", "Mars/Olympus"),
        ("PIZZERIA_LEASE_SECONDS", "-1"),
        ("PIZZERIA_CLOUDEVENTS_TIMEOUT_SECONDS", "0.05"),
        ("PIZZERIA_CLOUDEVENTS_TIMEOUT_SECONDS", "15"),
        ("PIZZERIA_LANGUAGE", "tlh"),
        ("PIZZERIA_LANGUAGE", "../en"),
        ("PIZZERIA_TIME_ZONE", "Rome"),
        ("PIZZERIA_TIME_ZONE", "../../etc/passwd"),
        ("PIZZERIA_NOTIFICATIONS", "some"),
        ("PIZZERIA_SMS_URL", "http://sms.example/hunter2"),
        ("PIZZERIA_SMTP_URL", "smtp://mario:hunter2@mail.example"),
        ("PIZZERIA_SMTP_URL", "http://mario:hunter2@mail.example"),
        ("PIZZERIA_MAIL_FROM", "Mario hunter2"),
        ("PIZZERIA_MAIL_FROM", "mario@pizzeria.example\nBcc: hunter2"),
        ("PIZZERIA_DELIVERY_MINUTES", "0"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as failure:
        load_settings()

    assert str(failure.value).startswith(f"{name}: ")
    assert "hunter2" not in str(failure.value)


def test_a_call_of_a_handler_ends_before_its_time_does_whatever_timeout_is_set() -> None:
    assert EventHandler.timeout > LONGEST_TIMEOUT + PATIENCE


def test_what_is_given_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "9000")

    assert load_settings(port=9001).port == 9001
    assert load_settings(port=None).port == 9000


def test_keys_have_owners() -> None:
    settings = Settings(api_keys="mario:key-of-mario, luigi:key-of-luigi,bare-key-1")

    assert settings.staff_by_key() == {"key-of-mario": "mario", "key-of-luigi": "luigi", "bare-key-1": "staff"}


def test_secrets_are_not_shown() -> None:
    settings = Settings(api_keys="mario:hunter2hunter2", database_url="mongodb://u:hunter2@db/pizzeria")

    assert "hunter2" not in repr(settings)
    assert "hunter2" not in str(settings)


def test_a_provider_comes_with_all_that_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = {
        "SMS_URL": "https://api.example",
        "SMS_ACCOUNT": "AC1",
        "SMS_TOKEN": "hunter2",
        "SMS_FROM": "+15550100",
        "SMTP_URL": "smtps://mario:hunter2@mail.example",
        "MAIL_FROM": "Mario <orders@pizzeria.example>",
    }
    for name, value in whole.items():
        monkeypatch.setenv(f"PIZZERIA_{name}", value)
    settings = load_settings()

    assert settings.sms_url == "https://api.example"
    assert settings.smtp_url == "smtps://mario:hunter2@mail.example"
    assert "hunter2" not in repr(settings)
