import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from users import otp
from users.models import Login, Purpose, User
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db

RIGHTS = {"is_staff": "on", "is_superuser": "on", "is_active": "on"}


@pytest.fixture
def clerk(db) -> User:
    """Staff with every right over people, logins, groups and mails, yet no superuser."""
    clerk = UserFactory(username="clara", is_staff=True)
    apps = ["users", "post_office", "auth"]
    clerk.user_permissions.set(Permission.objects.filter(content_type__app_label__in=apps))
    return clerk


def desk_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def clerks_desk(clerk) -> Client:
    return desk_of(clerk)


@pytest.fixture
def desk(staff) -> Client:
    return desk_of(staff)


def change_url(row) -> str:
    meta = row._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])


def form_of(user: User, **changes) -> dict[str, str]:
    return {"username": user.username, "email": user.email, "is_active": "on"} | changes


@pytest.mark.parametrize("words", ["olivia", "OLIVIA@example", "O'Hara", "555 0100"])
def test_people_are_found_by_name_e_mail_and_telephone(desk, owner, stranger, words):
    User.objects.filter(pk=owner.pk).update(last_name="O'Hara", phone="+1 555 0100")
    page = desk.get(reverse("admin:users_user_changelist"), {"q": words})
    assert list(page.context["cl"].result_list) == [owner]


def test_the_list_of_people_asks_as_much_for_many_as_for_one(
    desk, owner, django_assert_max_num_queries
):
    url = reverse("admin:users_user_changelist")
    desk.get(url)
    with django_assert_max_num_queries(8) as few:
        desk.get(url)
    UserFactory.create_batch(20)
    with django_assert_max_num_queries(8) as many:
        desk.get(url)
    assert len(few) == len(many)


def test_the_list_of_logins_asks_as_much_for_many_as_for_one(
    desk, owner, django_assert_max_num_queries
):
    url = reverse("admin:users_login_changelist")
    Login.objects.create(user=owner)
    desk.get(url)
    with django_assert_max_num_queries(8) as few:
        desk.get(url)
    for user in UserFactory.create_batch(20):
        Login.objects.create(user=user)
    with django_assert_max_num_queries(8) as many:
        desk.get(url)
    assert len(few) == len(many)


def test_people_can_be_added_and_changed(desk):
    added = desk.post(
        reverse("admin:users_user_add"),
        {
            "username": "ada",
            "email": "ada@example.com",
            "usable_password": "true",
            "password1": "a night at the pictures",
            "password2": "a night at the pictures",
        },
    )
    assert added.status_code == 302
    ada = User.objects.get(username="ada")
    assert ada.email_verified_at
    assert desk.get(change_url(ada)).status_code == 200
    assert desk.post(change_url(ada), form_of(ada, phone="+1 555 0100")).status_code == 302
    ada.refresh_from_db()
    assert ada.phone == "+1 555 0100"


def test_names_and_addresses_in_use_are_refused_whatever_their_case(desk, owner, stranger):
    for clash in ({"email": "OLIVIA@example.com"}, {"username": "OLIVIA"}):
        page = desk.post(change_url(stranger), form_of(stranger, **clash))
        assert page.status_code == 200
        assert page.context["adminform"].form.errors


def test_a_password_set_at_the_desk_ends_all_logins(desk, owner):
    login = Login.objects.create(user=owner, auth_hash=owner.get_session_auth_hash())
    assert login.is_valid
    new = {"password1": "a night at the pictures", "password2": "a night at the pictures"}
    url = reverse("admin:auth_user_password_change", args=[owner.pk])
    assert desk.post(url, new | {"usable_password": "true"}).status_code == 302
    assert not Login.objects.get(pk=login.pk).is_valid


def test_staff_without_all_rights_change_customers(clerks_desk, owner):
    assert clerks_desk.get(change_url(owner)).status_code == 200
    assert clerks_desk.post(change_url(owner), form_of(owner, first_name="Liv")).status_code == 302
    owner.refresh_from_db()
    assert owner.first_name == "Liv"


def test_staff_give_rights_to_nobody(clerks_desk, clerk, owner):
    group = Group.objects.create(name="all")
    for user in (clerk, owner):
        before = (user.is_staff, user.is_superuser, user.user_permissions.count())
        response = clerks_desk.post(
            change_url(user), form_of(user, **RIGHTS, groups=group.pk, user_permissions=1)
        )
        assert response.status_code == 302
        user.refresh_from_db()
        assert (user.is_staff, user.is_superuser, user.user_permissions.count()) == before
        assert not user.groups.exists()


def test_staff_add_people_without_rights(clerks_desk):
    password = "a night at the pictures"
    clerks_desk.post(
        reverse("admin:users_user_add"),
        RIGHTS
        | {
            "username": "ada",
            "email": "ada@example.com",
            "usable_password": "true",
            "password1": password,
            "password2": password,
        },
    )
    ada = User.objects.get(username="ada")
    assert (ada.is_staff, ada.is_superuser) == (False, False)


def test_staff_do_not_touch_the_accounts_of_other_staff(clerks_desk, staff):
    colleague = UserFactory(username="carl", is_staff=True)
    for other in (staff, colleague):
        assert clerks_desk.get(change_url(other)).status_code == 200  # to look at
        taken_over = form_of(other, email="clara@evil.example")
        assert clerks_desk.post(change_url(other), taken_over).status_code == 403
        password = reverse("admin:auth_user_password_change", args=[other.pk])
        assert clerks_desk.post(password, {}).status_code == 403
        delete = reverse("admin:users_user_delete", args=[other.pk])
        assert clerks_desk.post(delete, {"post": "yes"}).status_code == 403
        clerks_desk.post(
            reverse("admin:users_user_changelist"),
            {"action": "delete_selected", "_selected_action": other.pk, "post": "yes"},
        )
        assert User.objects.filter(pk=other.pk, email=other.email).exists()


def test_only_superusers_change_groups(clerks_desk, desk):
    group = Group.objects.create(name="box office")
    assert clerks_desk.post(change_url(group), {"name": "x"}).status_code == 403
    assert desk.get(change_url(group)).status_code == 200


def test_logins_are_read_and_ended_but_not_written(desk, owner):
    login = Login.objects.create(user=owner, auth_hash="secret-hash", refresh_jti="secret-jti")
    page = desk.get(change_url(login))
    assert page.status_code == 200
    assert b"secret" not in page.content
    assert desk.post(change_url(login), {"ended_at": ""}).status_code == 403
    assert desk.get(reverse("admin:users_login_add")).status_code == 403
    assert desk.post(reverse("admin:users_login_delete", args=[login.pk])).status_code == 403


def end(desk, login):
    return desk.post(
        reverse("admin:users_login_changelist"),
        {"action": "end_logins", "_selected_action": login.pk},
        follow=True,
    )


def test_staff_end_logins(desk, owner):
    login = Login.objects.create(user=owner)
    assert "1 logins were ended" in end(desk, login).content.decode()
    login.refresh_from_db()
    assert login.ended_at


def test_who_may_only_look_ends_no_login(owner, clerk):
    clerk.user_permissions.set(Permission.objects.filter(codename="view_login"))
    login = Login.objects.create(user=owner)
    end(desk_of(clerk), login)
    login.refresh_from_db()
    assert not login.ended_at


def test_nobody_reads_a_code_at_the_desk(desk, clerks_desk, owner, code_for):
    otp.send_code(user=owner, purpose=Purpose.RESET_PASSWORD, at=timezone.now())
    code, mail = code_for(owner.email), Email.objects.get()
    for client in (desk, clerks_desk):
        listed = client.get(reverse("admin:post_office_email_changelist"))
        assert owner.email in listed.content.decode()
        opened = client.get(change_url(mail))
        assert opened.status_code == 200
        for page in (listed, opened):
            assert code not in page.content.decode()


def test_nobody_feels_for_a_code_through_filters(desk, owner, code_for):
    otp.send_code(user=owner, purpose=Purpose.RESET_PASSWORD, at=timezone.now())
    url = reverse("admin:post_office_email_changelist")
    for name in ("message__contains", "html_message__regex", "headers__has_key"):
        assert desk.get(url, {name: "x"}).status_code == 400
    assert desk.get(url, {"status__exact": 2}).status_code == 200
    assert not desk.get(url, {"q": code_for(owner.email)}).context["cl"].result_list


@pytest.mark.parametrize("name", ["onetimecode", "coderequest", "ratecount"])
def test_codes_are_not_at_the_desk(name):
    from django.contrib import admin

    assert name not in {model._meta.model_name for model in admin.site._registry}


def test_mails_cannot_be_written_at_the_desk(desk, owner):
    otp.send_code(user=owner, purpose=Purpose.RESET_PASSWORD, at=timezone.now())
    assert desk.post(change_url(Email.objects.get()), {"to": "x@example.com"}).status_code == 403
    assert desk.get("/admin/post_office/email/add/").status_code in (403, 404)
    for hidden in ("emailtemplate", "log", "attachment"):
        assert desk.get(f"/admin/post_office/{hidden}/").status_code == 404
