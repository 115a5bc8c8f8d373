"""Tokens that an intruder would try, made from a real one."""

import base64
import json
import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from prove.target import Forger

ALGORITHM = "RS256"


def claims_of(token: str) -> dict[str, Any]:
    """What a token says."""
    return jwt.decode(token, options={"verify_signature": False})


def other_cluster(token: str) -> str:
    """The same claims and key id, signed by a key that the cluster never had."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return jwt.encode(claims_of(token), key, ALGORITHM, headers={"kid": _key_id(token)})


def expired(token: str, forger: Forger) -> str:
    """The same claims with the cluster's own signature, of yesterday."""
    yesterday = int(time.time()) - 86400
    claims = claims_of(token) | {"iat": yesterday, "nbf": yesterday, "exp": yesterday + 3600}
    return forger.sign(claims, _key_id(token))


def other_issuer(token: str, forger: Forger) -> str:
    """The same claims with the cluster's own signature, in the name of an issuer that nobody registered."""
    issuer = str(claims_of(token)["iss"])
    claims = claims_of(token) | {"iss": f"{issuer.rpartition('/')[0]}/{'0' * 32}"}
    return forger.sign(claims, _key_id(token))


def unsigned(token: str) -> str:
    """The same claims with the algorithm `none`."""
    return jwt.encode(claims_of(token), "", "none", headers={"kid": _key_id(token)})


def changed(token: str, subject: str) -> str:
    """Another subject under the signature of the real one.

    Args:
        token: A real token of any account.
        subject: Whom it shall be about.
    """
    header, _, signature = token.split(".")
    claims = json.dumps(claims_of(token) | {"sub": subject}).encode()
    return f"{header}.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}.{signature}"


def _key_id(token: str) -> str:
    return str(jwt.get_unverified_header(token)["kid"])
