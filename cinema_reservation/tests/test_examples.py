"""The example pages that the running system serves."""

import re

import pytest
from django.test import Client
from django.urls import resolve

from cinema_reservation import examples


def test_the_seat_picker_is_served_as_it_stands_in_the_docs():
    answer = Client().get("/api/docs/seat-picker/")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    assert answer.content == examples.SEAT_PICKER.read_bytes()


def test_it_needs_nothing_but_the_api():
    page = examples.SEAT_PICKER.read_text()
    assert not re.search(r'(src|href)="', page)
    assert "import " not in page


def test_its_addresses_are_there():
    page = examples.SEAT_PICKER.read_text()
    addresses = re.findall(r"\$\{api\}(/api/[^`?]*)", page)
    assert len(addresses) == 3
    for address in addresses:
        assert resolve(re.sub(r"\$\{\w+\}", "1", address))


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_it_is_only_to_be_read(method):
    assert getattr(Client(), method)("/api/docs/seat-picker/").status_code == 405
