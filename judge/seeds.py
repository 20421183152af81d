"""Phase seeds: 32 random bytes that only workers can read, and what is published of them (DESIGN, promise 8).

A seed is sealed under a key that workers hold (`seed.key` in the data folder, or another folder on worker machines), so
that neither the database nor the portal can tell it. What is published when a phase opens binds the seed to everything
that the cases follow from; when the seed is revealed anybody can recompute both.
"""

import base64
import hashlib
import hmac
import json
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from judge.errors import Misconfigured

SEED_BYTES = 32
_NONCE_BYTES = 12


def new_seed() -> bytes:
    return secrets.token_bytes(SEED_BYTES)


def seal(seed: bytes, *, key: bytes, context: str) -> str:
    """The seed encrypted (AES-256-GCM), bound to `context`, as text."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return base64.b64encode(nonce + AESGCM(_subkey(key)).encrypt(nonce, seed, context.encode())).decode()


def unseal(sealed: str, *, key: bytes, context: str) -> bytes:
    """Raises Misconfigured where the key is another than it was sealed under."""
    try:
        raw = base64.b64decode(sealed, validate=True)
        return AESGCM(_subkey(key)).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], context.encode())
    except (InvalidTag, ValueError) as error:
        raise Misconfigured(
            "the phase's seed cannot be read with this machine's seed.key: copy the one with which the phase was opened"
        ) from error


def _subkey(key: bytes) -> bytes:
    return hmac.new(key, b"podium phase seeds", hashlib.sha256).digest()


def commitment(*, contest: str, phase: str, challenge_version: str, image: str, seed: bytes) -> str:
    """SHA-256, as 64 hex digits, of the JSON array [contest, phase, challenge version, image, seed in hex] with no
    blanks: what is published when a phase opens."""
    text = json.dumps([contest, phase, challenge_version, image, seed.hex()], separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
