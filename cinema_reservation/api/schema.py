"""How the OpenAPI file describes our operations."""

from drf_standardized_errors.openapi import AutoSchema


class OperationSchema(AutoSchema):
    """Every operation with the errors that it can answer."""
