"""The README's tour, pasted line by line into a shell beside a running system."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cinema_reservation.tests.system import System, database_of_its_own
from payments import webhook

pytestmark = pytest.mark.journey

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"


def tour() -> str:
    (lines,) = re.findall(r"<!-- tour -->\n```sh\n(.*?)```", README.read_text(), re.DOTALL)
    return lines


@pytest.fixture
def demo(tmp_path) -> Iterator[System]:
    with database_of_its_own() as database_url:
        system = System(tmp_path, database_url)
        system.manage("migrate", "--verbosity", "0")
        system.manage("load_demo")
        with system.running(tmp_path / "log.txt"):
            yield system


def test_the_tour_leads_from_register_to_refund(demo):
    lines = tour().replace("http://localhost:8000", demo.url).replace("var/mail", str(demo.mail))
    shell = subprocess.run(
        ["bash", "-e"], input=lines, capture_output=True, text=True, timeout=120, check=False
    )
    said = shell.stdout
    assert shell.returncode == 0, said + shell.stderr
    assert '"state":"held"' in said
    assert '"reservation_state":"confirmed","status":"paid"' in said
    assert said.strip().endswith("refunded")


def test_every_event_that_we_use_is_to_be_subscribed_to():
    an_event = r"`((?:checkout\.session|charge|refund)\.[a-z_.]+)`"
    named = set(re.findall(an_event, README.read_text()))
    assert named == webhook.USED_EVENTS
