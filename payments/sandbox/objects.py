"""What all of Stripe's objects have in common: ids, and how they are shown."""

import secrets
import string
from collections.abc import Callable
from typing import Any

from payments.sandbox.errors import InvalidRequestError

StripeObject = dict[str, Any]
Find = Callable[[str], StripeObject | None]

ALPHABET = string.ascii_letters + string.digits
DEEPEST_EXPANSION = 4

# Fields that hold the id of another object, shown in full when asked for.
REFERENCES = {
    "checkout.session": {"payment_intent"},
    "payment_intent": {"latest_charge"},
    "charge": {"payment_intent"},
    "refund": {"charge", "payment_intent"},
    "dispute": {"charge", "payment_intent"},
}
# Fields that are left out altogether unless they are asked for.
INCLUDABLE = {"checkout.session": {"line_items"}}


def new_id(prefix: str, length: int = 24) -> str:
    """An id as Stripe makes them: a prefix that names the kind, then chance."""
    return prefix + "".join(secrets.choice(ALPHABET) for _ in range(length))


def listing(url: str, data: list[StripeObject], *, has_more: bool) -> StripeObject:
    """One page of a list."""
    return {"object": "list", "data": data, "has_more": has_more, "url": url}


def show(shown: StripeObject, *, find: Find, expand: list[str]) -> StripeObject:
    """The object as the API answers it, with the paths of `expand` in full.

    Raises `InvalidRequestError` for a path that can't be expanded.
    """
    asked = [path.split(".") for path in expand]
    for path in asked:
        if len(path) > DEEPEST_EXPANSION:
            raise InvalidRequestError("You cannot expand more than 4 levels.", param="expand")
    return _show(shown, asked, find)


def public(shown: StripeObject) -> StripeObject:
    """The object without what only the sandbox knows and what has to be asked for."""
    return show(shown, find=lambda _: None, expand=[])


def _show(shown: StripeObject, asked: list[list[str]], find: Find) -> StripeObject:
    kind = shown["object"]
    if kind == "list":
        return {**shown, "data": [_show(i, _inside(asked, "data"), find) for i in shown["data"]]}
    names = {path[0] for path in asked}
    hidden = INCLUDABLE.get(kind, set()) - names
    visible = {
        name: value
        for name, value in shown.items()
        if name not in hidden and not name.startswith("_")
    }
    for name in names:
        below = [path[1:] for path in asked if path[0] == name and path[1:]]
        visible[name] = _expanded(shown, name, below, find)
    return visible


def _inside(asked: list[list[str]], name: str) -> list[list[str]]:
    for path in asked:
        if path[0] != name:
            raise _not_expandable(path[0])
    return [path[1:] for path in asked if path[1:]]


def _expanded(shown: StripeObject, name: str, below: list[list[str]], find: Find) -> Any:
    kind = shown["object"]
    if name in INCLUDABLE.get(kind, set()):
        return _show(shown[name], below, find)
    if name not in REFERENCES.get(kind, set()):
        raise _not_expandable(name)
    target = find(shown[name]) if shown[name] else None
    return _show(target, below, find) if target else shown[name]


def _not_expandable(name: str) -> InvalidRequestError:
    return InvalidRequestError(f"This property cannot be expanded ({name}).", param="expand")
