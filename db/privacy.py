"""What may be shown of personal data, and to whom: masking, redaction, forgetting."""

from collections.abc import Mapping
from typing import Any

SECRET = {"pin", "last_four"}
"""Never kept or shown, in whatever form."""
WHOLE_IDS = {"user_id", "customer_id", "confirmation_number"}
"""Kept and shown by their last two characters."""


def masked(value: Any, key: str = "") -> Any:
    """The same structure without PINs and without whole ids of people."""
    if isinstance(value, Mapping):
        return {name: masked(item, str(name)) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [masked(item, key) for item in value]
    if value is None or isinstance(value, bool):
        return value
    if key in SECRET:
        return "••••"
    if key in WHOLE_IDS:
        return "••" + str(value)[-2:]
    return value
