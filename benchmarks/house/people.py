"""Who comes: accounts with one login each, and one member of staff."""

from datetime import datetime, timedelta
from random import Random

from benchmarks.house import bulk
from benchmarks.house.size import Size
from users.models import Login, User

# Nobody logs in with it: tokens are made by whoever needs one.
PASSWORD = "!"
STAFF = "staff"


def write_people(size: Size, random: Random, *, at: datetime) -> None:
    """Customers 1 to N, verified and active, and the staff's account after them."""
    joined = [at - timedelta(minutes=random.randrange(60 * 24 * 900)) for _ in range(size.users)]
    names = ["id", "username", "email", "password", "is_active", "date_joined"]
    names += ["email_verified_at", "last_login"]
    users = (
        (n, f"customer{n}", f"customer{n}@example.com", PASSWORD, True, since, since, at)
        for n, since in enumerate(joined, start=1)
    )
    bulk.write(User, names, users)
    _write_logins(joined, random)
    User.objects.create_user(
        pk=size.users + 1,
        username=STAFF,
        email=f"{STAFF}@example.com",
        is_staff=True,
        is_superuser=True,
    )


def _write_logins(joined: list[datetime], random: Random) -> None:
    """Everybody has been logged in on one device since they joined."""
    auth_hash = User(password=PASSWORD).get_session_auth_hash()
    names = ("id", "user_id", "refresh_jti", "auth_hash", "created_at", "refreshed_at")
    logins = (
        (f"{random.getrandbits(128):032x}", n, f"{random.getrandbits(128):032x}", auth_hash)
        + (since, since)
        for n, since in enumerate(joined, start=1)
    )
    bulk.write(Login, names, logins)
