"""Checks a service-account token as the OIDC endpoint of an EKS cluster lets anybody check it: by its public keys.

AWS serves those keys at https://oidc.eks.<region>.amazonaws.com/id/<id>/keys, whether or not the cluster's API server
is up; here they are read from the cluster's files, for the same reason.
"""

import base64
import hashlib
import time
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from sandbox.cluster import files

SKEW = 5
"""Seconds by which two clocks may differ."""


class Invalid(Exception):
    """The token is not one that this cluster's keys signed, or it is not a token."""


class UnknownKey(Invalid):
    """No cluster of the sandbox has this issuer, or the issuer never had this key."""


class Expired(Exception):
    """The token was good once."""


@dataclass(frozen=True)
class Token:
    """What a token says; nothing of it is checked yet (see `verify`)."""

    text: str
    claims: dict[str, Any]

    @classmethod
    def parse(cls, text: str) -> "Token":
        """Reads a JSON Web Token without believing it.

        Raises:
            Invalid: it is not a JSON Web Token, or it has no issuer or no subject.
        """
        try:
            claims: dict[str, Any] = jwt.decode(text, options={"verify_signature": False})
        except jwt.InvalidTokenError as error:
            raise Invalid(
                "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
            ) from error
        for claim in ("iss", "sub"):
            if not isinstance(claims.get(claim), str) or not claims[claim]:
                raise Invalid(f"Missing a required claim: {claim}")
        return cls(text, claims)

    @property
    def issuer(self) -> str:
        """Who says that it signed the token: a URL."""
        return str(self.claims["iss"])

    @property
    def subject(self) -> str:
        """Whom the token is about: `system:serviceaccount:<namespace>:<name>`."""
        return str(self.claims["sub"])

    @property
    def audience(self) -> str | None:
        """Whom the token is for. A list of exactly one is that one; of several, none: AWS takes no such token."""
        given = self.claims.get("aud")
        if isinstance(given, list) and len(given) == 1:  # pyright: ignore[reportUnknownArgumentType]
            given = given[0]  # pyright: ignore[reportUnknownVariableType]
        return given if isinstance(given, str) and given else None


def verify(token: Token) -> None:
    """Checks signature, key, expiry and not-before of a token against the cluster that its issuer names.

    Raises:
        UnknownKey: no cluster of the sandbox is this issuer, or it has no such key.
        Invalid: the signature is wrong, or the token is not yet valid, or never expires.
        Expired: it is past its `exp`.
    """
    cluster = files.Identity.load()
    key = _public_key() if cluster and cluster.issuer == token.issuer else None
    if key is None or jwt.get_unverified_header(token.text).get("kid") != _key_id(key):
        raise UnknownKey(
            "Couldn't retrieve verification key from your identity provider, "
            "please reference AssumeRoleWithWebIdentity documentation for requirements"
        )
    algorithm = "RS256" if isinstance(key, rsa.RSAPublicKey) else "ES256"
    try:
        jwt.decode(
            token.text,
            key,
            algorithms=[algorithm],
            leeway=SKEW,
            options={"require": ["exp", "iat"], "verify_aud": False, "verify_iss": False},
        )
    except jwt.ExpiredSignatureError as error:
        raise Expired(
            f"Token expired: current date/time {int(time.time())} must be before the expiration "
            f"date/time {int(token.claims['exp'])}"
        ) from error
    except jwt.ImmatureSignatureError as error:
        raise Invalid(f"Token is not valid yet: {error}") from error
    except jwt.InvalidSignatureError as error:
        raise Invalid("Invalid token signature") from error
    except jwt.InvalidTokenError as error:
        raise Invalid(f"Invalid token: {error}") from error


def _public_key() -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey | None:
    try:
        key = serialization.load_pem_public_key(files.token_public_key().read_bytes())
    except FileNotFoundError:
        return None
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise TypeError(f"{files.token_public_key()} is neither an RSA nor an elliptic-curve key")
    return key


def _key_id(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey) -> str:
    """The `kid` that kube-apiserver gives a key: the SHA-256 of its DER form, in base64url without padding."""
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.urlsafe_b64encode(hashlib.sha256(der).digest()).decode().rstrip("=")
