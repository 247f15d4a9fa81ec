"""Lists of objects, page by page, as Stripe gives them."""

from collections.abc import Callable

from payments.sandbox.account import Account
from payments.sandbox.errors import InvalidRequestError, no_such
from payments.sandbox.objects import StripeObject, listing
from payments.sandbox.params import Params
from payments.sandbox.store import Condition

PAGING = frozenset({"created", "ending_before", "limit", "starting_after"})
COMPARISONS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
DEFAULT_LIMIT, LARGEST_LIMIT = 10, 100


# What the parameters ask of the objects' fields.
Filter = Callable[[Params], list[Condition]]


def lister(kind: str, url: str, asked: Filter) -> Callable[[Account, Params], StripeObject]:
    """The operation that lists those of one kind that meet what is `asked`."""

    def list_objects(account: Account, params: Params) -> StripeObject:
        return _page(account, kind, url, params, asked(params) + _created(params))

    return list_objects


def equal(*names: str) -> Filter:
    """Fields that have to be what the parameters of the same names say."""
    return lambda params: [(name, "=", params[name]) for name in names if name in params]


def _page(
    account: Account, kind: str, url: str, params: Params, conditions: list[Condition]
) -> StripeObject:
    limit = _limit(params)
    after, before = (_cursor(account, params, way) for way in ("starting_after", "ending_before"))
    # One more than asked for tells whether there are more.
    found = account.store.select(
        kind, *conditions, limit=limit + 1, starting_after=after, ending_before=before
    )
    asked = found[-limit:] if before else found[:limit]
    return listing(url, asked, has_more=len(found) > limit)


def _limit(params: Params) -> int:
    limit = int(params.get("limit", DEFAULT_LIMIT))
    if not 1 <= limit <= LARGEST_LIMIT:
        message = f"limit must be between 1 and {LARGEST_LIMIT}."
        raise InvalidRequestError(message, code="parameter_invalid_integer", param="limit")
    return limit


def _cursor(account: Account, params: Params, way: str) -> str:
    cursor = str(params.get(way, ""))
    if cursor and account.store.find(cursor) is None:
        raise no_such("object", cursor, param=way, status=400)
    return cursor


def _created(params: Params) -> list[Condition]:
    created = params.get("created", {})
    if isinstance(created, int):
        return [("created", "=", created)]
    return [("created", COMPARISONS[way], moment) for way, moment in created.items()]
