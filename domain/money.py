"""Money is an integer number of minor units (cents); a float never holds it."""


def format_minor(amount: int, currency: str) -> str:
    """Write an amount for people, two decimals: `format_minor(1325, "USD") == "13.25 USD"`."""
    sign = "-" if amount < 0 else ""
    return f"{sign}{abs(amount) // 100}.{abs(amount) % 100:02d} {currency}"
