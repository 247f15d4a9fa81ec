"""What the API's documentation says of resources that staff look after."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view

Example = Mapping[str, Any]
Examples = Sequence[OpenApiExample]
View = TypeVar("View", bound=type[Any])

STAFF_ONLY = "For staff with the rights for it."


def documented(
    *,
    tag: str,
    one: str,
    many: str,
    shown: Example,
    written: Example,
    changed: Example,
    list_note: str = "",
    write_note: str = "",
    delete_note: str = "",
) -> Callable[[View], View]:
    """Describe the six operations of a `StaffManaged` resource.

    `one` and `many` name it ("a film", "films"); `shown` is what a client gets, `written`
    and `changed` are bodies for POST or PUT and for PATCH.
    """
    answer = OpenApiExample(f"{one} as shown".capitalize(), value=shown, response_only=True)
    whole = OpenApiExample(f"{one} as sent".capitalize(), value=written, request_only=True)
    part = OpenApiExample("Some fields only", value=changed, request_only=True)

    def decorate(view: View) -> View:
        def operation(summary: str, *notes: str, examples: Examples = (), **extra: Any) -> Any:
            text = " ".join(filter(None, notes))
            return extend_schema(
                tags=[tag], summary=summary, description=text, examples=examples, **extra
            )

        def writing(summary: str, body: OpenApiExample, **extra: Any) -> Any:
            return operation(
                summary,
                STAFF_ONLY,
                write_note,
                examples=[body, answer],
                request=view.write_serializer_class or view.serializer_class,
                **extra,
            )

        read = view.serializer_class
        return extend_schema_view(
            list=operation(
                f"List {many}", f"{many.capitalize()}, page by page.", list_note, examples=[answer]
            ),
            retrieve=operation(f"Show {one}", f"Shows {one} by its id.", examples=[answer]),
            create=writing(f"Add {one}", whole, responses={201: read}),
            update=writing(f"Replace {one}", whole, responses=read),
            partial_update=writing(f"Change {one}", part, responses=read),
            destroy=operation(f"Delete {one}", STAFF_ONLY, delete_note),
        )(view)

    return decorate
