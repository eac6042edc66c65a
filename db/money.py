"""Money: prices are decimals in the owner's file and whole numbers of the currency's smallest unit in the store."""

from decimal import Decimal

from babel.numbers import get_currency_precision


def smallest_units(price: Decimal, currency: str) -> int:
    """«15.90» dollars are 1590 cents. Exact; a fraction of the smallest unit is a ValueError."""
    units = price.scaleb(get_currency_precision(currency))
    if units != units.to_integral_value():
        raise ValueError(f"{price} is not a whole number of the smallest unit of {currency}")
    return int(units)


def price_text(units: int, currency: str) -> str:
    """1590 cents as «15.90», with all the decimals that the currency has."""
    return str(Decimal(units).scaleb(-get_currency_precision(currency)))
