"""Sends the web-hooks that are owed, signed, again and again until they are taken. All it knows is the outbox table:
it can be stopped at any time, and several may run."""

import asyncio
import hashlib
import hmac
import json
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from aiohttp import ClientError, ClientSession, ClientTimeout
from pydantic import SecretStr
from sqlalchemy.exc import SQLAlchemyError

from db.business import Switchboard
from db.engine import Store
from db.errors import StoreError, WrongKey
from db.models import Delivery
from db.outbox import delivered, due, failed, next_due, payload_of

SIGNATURE = "Switchboard-Signature"
TOLERANCE = timedelta(minutes=5)
"""How old a signature may be: a copy sent later is refused."""
PATIENCE = ClientTimeout(total=10)
AT_ONCE = 32

_FORM = re.compile(r"t=([0-9]{1,11}),v1=([0-9a-f]{64})")
_NOT_SENT = (ClientError, OSError, ValueError)
"""What an address that refuses, breaks off or is none at all raises."""

logger = logging.getLogger("switchboard.hooks")


def sign(secret: str, body: bytes, at: datetime) -> str:
    """The signature's header: the time, and the HMAC of the time and the body."""
    seconds = int(at.timestamp())
    return f"t={seconds},v1={_digest(secret, str(seconds), body)}"


def verify(secret: str, header: str, body: bytes, now: datetime, tolerance: timedelta = TOLERANCE) -> bool:
    """For receivers: whether these bytes were sent by who knows the secret, and just now."""
    found = _FORM.fullmatch(header)
    if found is None or abs(now - datetime.fromtimestamp(int(found[1]), UTC)) > tolerance:
        return False
    return hmac.compare_digest(found[2], _digest(secret, found[1], body))


def _digest(secret: str, seconds: str, body: bytes) -> str:
    return hmac.new(secret.encode(), seconds.encode() + b"." + body, hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Sender:
    """Brings web-hooks to the addresses of the owner's file."""

    store: Store
    board: Switchboard
    secret: SecretStr | None
    clock: Callable[[], datetime]
    random: Random
    pause: float = 2.0
    """Seconds between two looks into an outbox in which nothing is due."""

    async def run(self) -> None:
        """Sends for as long as it is let; nothing that goes wrong with a delivery or the store ends it. Without a
        secret it only says so: what is owed stays owed."""
        if self.secret is None:
            if any(one.webhook for one in self.board.businesses):
                logger.warning("no web-hook is sent: WEBHOOK_SECRET is not set")
            return
        async with ClientSession(timeout=PATIENCE) as http:
            while True:
                if not await self._look(http, self.secret):
                    await asyncio.sleep(self.pause)

    async def _look(self, http: ClientSession, secret: SecretStr) -> int:
        try:
            return await self.send_due(http, secret)
        except (StoreError, SQLAlchemyError) as error:
            logger.error("web-hooks wait for the store", extra={"error": type(error).__name__})
            return 0

    async def send_due(self, http: ClientSession, secret: SecretStr) -> int:
        """Sends what is due now, and says how many were tried. While nothing is due it only reads."""
        businesses = [one.key for one in self.board.businesses]
        first = await next_due(self.store, businesses)
        if first is None or first > self.clock():
            return 0
        rows = await due(self.store, businesses, self.clock(), AT_ONCE)
        await asyncio.gather(*(self._send(http, secret, row) for row in rows))
        return len(rows)

    async def _send(self, http: ClientSession, secret: SecretStr, row: Delivery) -> None:
        """One attempt. What became of it may fail to be written down: it is sent again when its lease is over."""
        error = await self._post(http, secret, row)
        told = {"delivery": row.id, "kind": row.kind, "attempt": row.attempts + 1, "error": error}
        try:
            if error is None:
                await delivered(self.store, row, self.clock())
            elif await failed(self.store, row, error, self.clock(), self.random):
                logger.error("web-hook given up", extra=told)
            else:
                logger.warning("web-hook not taken", extra=told)
        except (StoreError, SQLAlchemyError):
            logger.error("web-hook tried, but not written down", extra=told)

    async def _post(self, http: ClientSession, secret: SecretStr, row: Delivery) -> str | None:
        """Why it was not taken; None when it was. An answer's text is not read: it may repeat what was sent."""
        address = self.board.business(row.business).webhook
        if address is None:
            return "no address"
        try:
            body = self._body(row)
            signature = sign(secret.get_secret_value(), body, self.clock())
            headers = {"Content-Type": "application/json", SIGNATURE: signature}
            async with http.post(address, data=body, headers=headers, allow_redirects=False) as response:
                return None if 200 <= response.status < 300 else f"answered {response.status}"
        except WrongKey:
            return "sealed with a key that is not there"
        except TimeoutError:
            return "no answer in time"
        except _NOT_SENT as error:
            return type(error).__name__

    def _body(self, row: Delivery) -> bytes:
        """The same at each attempt."""
        told = {
            "id": row.id,
            "kind": row.kind,
            "business": row.business,
            "created_at": row.created_at.isoformat(),
            "data": payload_of(self.store, row),
        }
        return json.dumps(told, ensure_ascii=False).encode()
