from django.db import migrations


def add_adult(apps, schema_editor):
    """A seat needs a price from the first sale on; staff may rename the type or add others."""
    ticket_types = apps.get_model("reservation", "TicketType").objects.using(
        schema_editor.connection.alias
    )
    if not ticket_types.filter(is_default=True).exists():
        ticket_types.create(name="Adult", percentage=100, is_default=True)


class Migration(migrations.Migration):
    dependencies = [("reservation", "0001_initial")]

    operations = [migrations.RunPython(add_adult, migrations.RunPython.noop)]
