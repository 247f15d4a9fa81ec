from django.db import migrations, models
from django.utils import timezone


def note_cleared(apps, schema_editor):
    """Of the shows that were cancelled before, only those with something alive are looked at.

    Dead holds count as alive here: whoever expires them notes it.
    """
    ShowTime = apps.get_model("reservation", "ShowTime")
    Reservation = apps.get_model("reservation", "Reservation")
    alive = Reservation.objects.filter(showtime=models.OuterRef("pk"), state__in=["held", "confirmed"])
    cancelled = ShowTime.objects.filter(~models.Exists(alive), state="cancelled", cleared_at=None)
    cancelled.update(cleared_at=timezone.now())


class Migration(migrations.Migration):

    dependencies = [
        ("reservation", "0005_why_shows_were_cancelled"),
    ]

    operations = [
        migrations.RunPython(note_cleared, migrations.RunPython.noop),
    ]
