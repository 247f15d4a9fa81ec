"""How long what the API says may be kept."""

from typing import Any

from django.utils.cache import patch_cache_control, patch_vary_headers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


class SharedReads(APIView):
    """Reads that are the same for everybody: kept by anybody, and asked about before each use."""

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        if response.status_code == 200:
            patch_cache_control(response, public=True, no_cache=True)
        return response


class PublicReads(APIView):
    """Reads that anybody may keep, but asks about again before showing them.

    Together with the `ETag` of `ConditionalGetMiddleware` asking costs a 304 while nothing
    has changed. What somebody sees who is logged in is for that one only.
    """

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        patch_vary_headers(response, ["Authorization"])
        if request.method in {"GET", "HEAD"} and response.status_code == 200:
            whose = {"private": True} if request.user.is_authenticated else {"public": True}
            patch_cache_control(response, max_age=0, must_revalidate=True, **whose)
        return response
