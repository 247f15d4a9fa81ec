"""Parameters, checked against the typed dictionaries that come with the `stripe` package.

The check follows whatever version of the package is installed: a parameter that was
misspelt, or that Stripe has dropped since, is refused here as Stripe would refuse it.
"""

import re
import sys
from decimal import Decimal
from functools import cache
from types import SimpleNamespace, UnionType
from typing import Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints

from stripe import RequestOptions

from payments.sandbox.errors import InvalidRequestError, missing, unsupported
from payments.sandbox.forms import Tree

Params = dict[str, Any]

INTEGER = re.compile(r"-?[0-9]{1,18}")
DECIMAL = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,12})?")
LONGEST_TEXT = 5000
METADATA_KEYS, METADATA_KEY_LENGTH, METADATA_VALUE_LENGTH = 50, 40, 500


def check(given: Tree, schema: type, *, supported: frozenset[str]) -> Params:
    """The parameters with their types, as `schema` describes them.

    `supported` names what the sandbox acts upon, e.g. `metadata` (and all below it) or
    `line_items[][quantity]`. Raises `InvalidRequestError` for what Stripe or the sandbox
    would not accept.
    """
    params = _object(given, schema, "")
    for name, value in params.items():
        _refuse_unsupported(value, name, supported)
    return params


def _refuse_unsupported(value: Any, name: str, supported: frozenset[str]) -> None:
    if name in supported:
        return
    if isinstance(value, dict):
        for key, below in value.items():
            _refuse_unsupported(below, f"{name}[{key}]", supported)
    elif isinstance(value, list):
        for below in value:
            _refuse_unsupported(below, f"{name}[]", supported)
    else:
        raise unsupported(name)


@cache
def _fields(schema: type) -> dict[str, Any]:
    """The schema's parameters by name; the client's own options (its key …) are not sent."""
    options = RequestOptions.__annotations__
    written = {n: hint for n, hint in schema.__annotations__.items() if n not in options}
    holder = SimpleNamespace(__annotations__=written)
    return get_type_hints(holder, vars(sys.modules[schema.__module__]), include_extras=True)


def _object(value: Tree | str, schema: type, name: str) -> Params:
    branch = _branch(value, name)
    fields = _fields(schema)
    for key in branch:
        if key not in fields:
            raise _unknown(_below(name, key))
    for key, hint in fields.items():
        if key not in branch and get_origin(hint) is not NotRequired:
            raise missing(_below(name, key))
    return {key: _typed(below, fields[key], _below(name, key)) for key, below in branch.items()}


def _typed(value: Tree | str, expected: Any, name: str) -> Any:
    origin = get_origin(expected)
    if origin is NotRequired:
        return _typed(value, get_args(expected)[0], name)
    if origin in (Union, UnionType):
        return _one_of(value, get_args(expected), name)
    if origin is Literal:
        return _choice(value, get_args(expected), name)
    if origin is list:
        return _list(value, get_args(expected)[0], name)
    if _is_schema(expected):
        return _object(value, expected, name)
    if origin is not None:
        return _metadata(value, name)
    return _scalar(value, expected, name)


def _one_of(value: Tree | str, options: tuple[Any, ...], name: str) -> Any:
    """A union is one of: an enumeration, text that may be empty, a scalar or an object."""
    choices = [choice for option in options for choice in _choices(option)]
    others = [option for option in options if not _choices(option)]
    if isinstance(value, dict):
        return _typed(value, next(filter(_is_structured, others), str), name)
    if value in choices:
        return value
    scalars = [option for option in others if not _is_structured(option)]
    if any(choices) and scalars in ([], [str]):
        # The package adds `str` so that old versions survive new values; Stripe does not.
        return _choice(value, tuple(choices), name)
    return _typed(value, (scalars or others)[0], name)


def _choices(option: Any) -> tuple[Any, ...]:
    return get_args(option) if get_origin(option) is Literal else ()


def _is_structured(option: Any) -> bool:
    return _is_schema(option) or get_origin(option) is not None


def _is_schema(option: Any) -> bool:
    # `typing.is_typeddict` knows only dictionaries of its own make, not the package's.
    return hasattr(option, "__required_keys__")


def _choice(value: Tree | str, choices: tuple[Any, ...], name: str) -> str:
    if not isinstance(value, str) or value not in choices:
        listed = ", ".join(str(choice) for choice in choices)
        raise InvalidRequestError(f"Invalid {name}: must be one of {listed}", param=name)
    return value


def _list(value: Tree | str, inner: Any, name: str) -> list[Any]:
    if not isinstance(value, dict) or not all(key.isdecimal() for key in value):
        raise InvalidRequestError("Invalid array", param=name)
    indices = sorted(value, key=int)
    return [_typed(value[index], inner, f"{name}[{index}]") for index in indices]


def _metadata(value: Tree | str, name: str) -> dict[str, str]:
    """Key-value pairs within Stripe's limits; an empty value unsets its key."""
    branch = _branch(value, name)
    if len(branch) > METADATA_KEYS:
        raise InvalidRequestError(f"Metadata can have at most {METADATA_KEYS} keys.", param=name)
    pairs = {}
    for key, text in branch.items():
        if len(key) > METADATA_KEY_LENGTH or len(text) > METADATA_VALUE_LENGTH:
            raise InvalidRequestError(
                "Metadata keys have at most 40 characters, values 500.", param=name
            )
        if not isinstance(text, str):
            raise InvalidRequestError("Metadata values must be strings.", param=_below(name, key))
        if text:
            pairs[key] = text
    return pairs


def _branch(value: Tree | str, name: str) -> Tree:
    if not isinstance(value, dict):
        raise InvalidRequestError("Invalid object", param=name)
    return value


def _scalar(value: Tree | str, expected: Any, name: str) -> Any:
    if not isinstance(value, str):
        raise InvalidRequestError(f"Invalid string: {name}", param=name)
    if expected is not str and expected in READERS:
        return READERS[expected](value, name)
    return _text(value, name)


def _text(value: str, name: str) -> str:
    if not value:
        raise InvalidRequestError(
            f"You passed an empty string for '{name}'. Remove it or pass a value.",
            code="parameter_invalid_empty",
            param=name,
        )
    if len(value) > LONGEST_TEXT:
        raise InvalidRequestError(f"Invalid string: at most {LONGEST_TEXT} characters", param=name)
    return value


def _integer(value: str, name: str) -> int:
    if not INTEGER.fullmatch(value):
        message = f"Invalid integer: {value[:100]}"
        raise InvalidRequestError(message, code="parameter_invalid_integer", param=name)
    return int(value)


def _decimal(value: str, name: str) -> Decimal:
    if not DECIMAL.fullmatch(value):
        raise InvalidRequestError(f"Invalid decimal: {value[:100]}", param=name)
    return Decimal(value)


def _boolean(value: str, name: str) -> bool:
    if value not in ("true", "false"):
        raise InvalidRequestError(f"Invalid boolean: {value[:100]}", param=name)
    return value == "true"


def _unknown(name: str) -> InvalidRequestError:
    message = f"Received unknown parameter: {name}"
    return InvalidRequestError(message, code="parameter_unknown", param=name)


def _below(name: str, key: str) -> str:
    return f"{name}[{key}]" if name else key


READERS: dict[Any, Any] = {int: _integer, Decimal: _decimal, float: _decimal, bool: _boolean}
