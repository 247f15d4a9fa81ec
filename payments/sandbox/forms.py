"""Stripe's bracket notation: `line_items[0][quantity]=2` is a tree written as a form."""

import re
from typing import TypeAlias
from urllib.parse import parse_qsl

from payments.sandbox.errors import InvalidRequestError

Tree: TypeAlias = dict[str, "str | Tree"]

NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
DEEPEST = 10
MOST_FIELDS = 5000


def decode(encoded: str) -> Tree:
    """The tree that a query string or form body describes; all of its leaves are text.

    Lists arrive as branches whose keys are their indices (`expand[0]`, or `expand[]`).
    Raises `InvalidRequestError` for names that can't be read or contradict each other.
    """
    tree: Tree = {}
    for name, value in _fields(encoded):
        _plant(tree, _path(name), value, name)
    return tree


def _fields(encoded: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(encoded, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise InvalidRequestError("The request has too many parameters.") from None


def _path(name: str) -> list[str]:
    match = NAME.fullmatch(name)
    if match is None:
        raise InvalidRequestError(f"Invalid parameter name: {name}", param=name)
    path = [match[1], *re.findall(r"\[([^\]]*)\]", match[2])]
    if len(path) > DEEPEST:
        raise InvalidRequestError(f"Parameter nested too deeply: {name}", param=name)
    return path


def _plant(tree: Tree, path: list[str], value: str, name: str) -> None:
    branch = tree
    for step in path[:-1]:
        below = branch.setdefault(step or str(len(branch)), {})
        if isinstance(below, str):
            raise InvalidRequestError("Invalid object", param=name)
        branch = below
    leaf = path[-1] or str(len(branch))
    if isinstance(branch.get(leaf), dict):
        raise InvalidRequestError("Invalid string", param=name)
    branch[leaf] = value
