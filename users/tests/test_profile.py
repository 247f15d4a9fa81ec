import pytest

from users.tests.conftest import error_codes

pytestmark = pytest.mark.django_db

ME = "/api/users/me/"


def test_people_see_their_own_account(owner, owner_client):
    body = owner_client.get(ME).json()
    assert body.pop("date_joined")
    assert body == {
        "id": owner.pk,
        "username": "olivia",
        "email": "olivia@example.com",
        "first_name": "",
        "last_name": "",
        "phone": "",
        "is_staff": False,
    }


def test_only_who_is_logged_in_has_an_account_to_see(anyone):
    assert anyone.get(ME).status_code == 401
    assert anyone.patch(ME, {}).status_code == 401
    assert anyone.post("/api/users/change_password/", {}).status_code == 401


def test_names_and_telephone_may_be_changed(owner, owner_client):
    changes = {
        "username": "liv",
        "first_name": "Olivia",
        "last_name": "O'Hara",
        "phone": "+1 555 0100",
    }
    response = owner_client.patch(ME, changes)
    assert response.status_code == 200
    assert changes.items() <= response.json().items()
    assert changes.items() <= owner_client.get(ME).json().items()


@pytest.mark.parametrize(
    "changes", [{"email": "x@example.com"}, {"is_staff": True}, {"id": 99}, {"is_superuser": True}]
)
def test_everything_else_stays_as_it_is(owner, owner_client, changes):
    before = owner_client.get(ME).json()
    assert owner_client.patch(ME, changes).status_code == 200
    assert owner_client.get(ME).json() == before
    owner.refresh_from_db()
    assert not owner.is_superuser


def test_anothers_username_is_taken_whatever_its_case(stranger, owner, owner_client):
    response = owner_client.patch(ME, {"username": "SIMON"})
    assert response.status_code == 400
    assert error_codes(response) == {"username": "taken"}
    assert owner_client.patch(ME, {"username": "OLIVIA"}).status_code == 200


def test_the_account_cannot_be_replaced_or_deleted(owner_client):
    assert owner_client.put(ME, {}).status_code == 405
    assert owner_client.delete(ME).status_code == 405


def test_nobody_lists_accounts(staff_client):
    assert staff_client.get("/api/users/").status_code == 404
