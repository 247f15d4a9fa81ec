"""Stripe's API: who asks, what is asked, whether it was asked before, the answer."""

import base64
import binascii
import json
from typing import Any

from payments.sandbox import idempotency, operations, sessions
from payments.sandbox.account import Account
from payments.sandbox.errors import InvalidRequestError, RefusedError
from payments.sandbox.events import Cause, caused_by
from payments.sandbox.faults import Faults
from payments.sandbox.idempotency import Answer
from payments.sandbox.objects import new_id, show
from payments.sandbox.params import check
from payments.sandbox.web import Request, Response, encoded_json_response, json_response

TEST_KEYS = ("sk_test_", "rk_test_")


class Api:
    """Answers requests below /v1 for one account."""

    def __init__(self, *, account: Account, faults: Faults) -> None:
        self._account, self._faults = account, faults
        self._keys = idempotency.KeysInUse()

    def __call__(self, request: Request) -> Response:
        """The answer, in Stripe's form whatever happens."""
        request_id = new_id("req_", 14)
        try:
            _authenticate(request)
            sessions.expire_due(self._account)
            response = self._answer(request, request_id)
        except RefusedError as refusal:
            response = json_response(refusal.status, refusal.body())
        version = request.headers.get("stripe-version", self._account.api_version)
        response.headers.update({"Request-Id": request_id, "Stripe-Version": version})
        return response

    def _answer(self, request: Request, request_id: str) -> Response:
        key = idempotency.key_of(request)
        if key is None:
            self._faults.pause(request)
            answer = self._execute(request, Cause(request_id))
            return encoded_json_response(answer.status, answer.body)
        with self._keys.claim(key):
            self._faults.pause(request)
            return self._answer_once(request, Cause(request_id, key), key)

    def _answer_once(self, request: Request, cause: Cause, key: str) -> Response:
        """The stored answer to the key, or a new one, stored together with its effect."""
        store, now = self._account.store, self._account.clock.now()
        with store.transaction():
            asked = idempotency.fingerprint(request)
            stored = idempotency.recall(store, key, asked=asked, now=now)
            if stored:
                return _replayed(stored)
            answer = self._execute(request, cause)
            idempotency.remember(store, key, answer, now=now)
            return encoded_json_response(answer.status, answer.body)

    def _execute(self, request: Request, cause: Cause) -> Answer:
        """Do what is asked. A refusal on the way is an answer too; bad parameters raise."""
        operation, ids = operations.find(request)
        params = check(request.form(), operation.schema, supported=operation.supported)
        expand = params.pop("expand", [])
        store = self._account.store
        with store.transaction(), caused_by(cause):
            try:
                result = operation.verb(self._account, params, *ids)
            except InvalidRequestError:
                raise
            except RefusedError as refusal:
                return _answer(request, cause, refusal.status, refusal.body())
            return _answer(request, cause, 200, show(result, find=store.find, expand=expand))


def _answer(request: Request, cause: Cause, status: int, body: dict[str, Any]) -> Answer:
    asked = idempotency.fingerprint(request)
    return Answer(asked, cause.request_id or "", status, json.dumps(body))


def _replayed(stored: Answer) -> Response:
    headers = {"Idempotent-Replayed": "true", "Original-Request": stored.request_id}
    return encoded_json_response(stored.status, stored.body, headers)


def _authenticate(request: Request) -> None:
    """Raises `RefusedError` unless the request carries a test key; never repeats the key."""
    key = _api_key(request.headers.get("authorization", ""))
    if not key:
        raise RefusedError("You did not provide an API key.", status=401)
    if not key.startswith(TEST_KEYS):
        raise RefusedError(
            "Invalid API Key provided: the sandbox takes test keys only.", status=401
        )


def _api_key(authorization: str) -> str:
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return credentials.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(credentials).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""
