"""Web-hooks that are owed: written in the transaction of what they tell, so that none is lost and none is untrue."""

import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from db.business import Business
from db.cipher import Cipher
from db.models import Delivery


def owe(
    session: AsyncSession, cipher: Cipher, business: Business, kind: str, payload: Mapping[str, Any], now: datetime
) -> None:
    """Puts one web-hook into the outbox; a business without an address is owed none."""
    if business.webhook is None:
        return
    sealed = cipher.seal(json.dumps(payload, ensure_ascii=False, default=str))
    session.add(
        Delivery(
            id=str(uuid.uuid4()), business=business.key, kind=kind, payload_sealed=sealed, next_at=now, created_at=now
        )
    )
