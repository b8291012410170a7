"""JWTs for tests, made with the standard library alone."""
import base64
import hashlib
import hmac
import json
import time


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def make_token(secret, user_id, ttl_s=3600, alg="HS256", header=None,
               **claims):
    """Signed with HMAC; claims given as None are left out."""
    head = {"alg": alg, "typ": "JWT", **(header or {})}
    body = {"user_id": user_id, "exp": int(time.time()) + ttl_s, **claims}
    body = {k: v for k, v in body.items() if v is not None}
    text = b64(json.dumps(head).encode()) + "." + b64(json.dumps(body).encode())
    digest = {"HS256": hashlib.sha256, "HS384": hashlib.sha384,
              "HS512": hashlib.sha512}[alg]
    signature = hmac.new(secret.encode(), text.encode(), digest).digest()
    return text + "." + b64(signature)
