"""Who answers what: the API, the pay page, the controls; and a log of the API's requests."""

from collections import deque
from dataclasses import dataclass

from payments.sandbox import pay_page
from payments.sandbox.errors import ConnectionDroppedError, InvalidRequestError
from payments.sandbox.faults import Faults, Kind
from payments.sandbox.forms import Tree
from payments.sandbox.web import Application, Request, Response, html_response

MOST_LOGGED = 10_000


@dataclass(frozen=True)
class Logged:
    """One request to the API. A status of 0: the connection was dropped."""

    method: str
    path: str
    params: Tree
    idempotency_key: str | None
    status: int
    replayed: bool


class Router:
    """The whole application, by the beginning of the path."""

    def __init__(
        self, *, api: Application, pages: Application, control: Application, faults: Faults
    ) -> None:
        self._api, self._pages, self._control, self._faults = api, pages, control, faults
        self.log: deque[Logged] = deque(maxlen=MOST_LOGGED)

    def __call__(self, request: Request) -> Response:
        """The answer; raises `ConnectionDroppedError` where there is to be none."""
        if request.path.startswith(pay_page.PREFIX):
            return self._pages(request)
        if request.path.startswith("/_control/"):
            return self._control(request)
        if not request.path.startswith("/v1/"):
            return html_response(404, pay_page.unknown())
        return self._logged(request)

    def _logged(self, request: Request) -> Response:
        try:
            response = self._through_faults(request)
        except ConnectionDroppedError:
            self._note(request, status=0, replayed=False)
            raise
        replayed = "Idempotent-Replayed" in response.headers
        self._note(request, status=response.status, replayed=replayed)
        return response

    def _through_faults(self, request: Request) -> Response:
        self._faults.drop(Kind.DROP_BEFORE, request)
        failure = self._faults.failure(request)
        if failure:
            return failure
        response = self._api(request)
        self._faults.drop(Kind.DROP_AFTER, request)
        return response

    def _note(self, request: Request, *, status: int, replayed: bool) -> None:
        key = request.headers.get("idempotency-key")
        params = _params(request)
        self.log.append(Logged(request.method, request.path, params, key, status, replayed))


def _params(request: Request) -> Tree:
    try:
        return request.form()
    except InvalidRequestError:
        return {}
