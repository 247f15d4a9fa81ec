import django.core.validators
import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

SCOPES = [
    ("PromotionMovie", "movie", "movies", "reservation_promotion_movies"),
    ("PromotionCinema", "cinema", "cinemas", "reservation_promotion_cinemas"),
    ("PromotionShow", "showtime", "shows", "reservation_promotion_shows"),
    ("PromotionTicketType", "tickettype", "ticket_types", "reservation_promotion_ticket_types"),
]
USES = [
    django.core.validators.MinValueValidator(1),
    django.core.validators.MaxValueValidator(1000000),
]


def row_of_a_scope(name, target, table):
    """The table that is there, as a model that protects what it names."""
    return migrations.CreateModel(
        name=name,
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            (
                target,
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=f"reservation.{target}",
                ),
            ),
            (
                "promotion",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="reservation.promotion",
                ),
            ),
        ],
        options={
            "verbose_name_plural": "scopes of promotions",
            "db_table": table,
            "abstract": False,
            "default_permissions": (),
            "unique_together": {("promotion", target)},
        },
    )


def scope(name, target, field):
    return migrations.AlterField(
        model_name="promotion",
        name=field,
        field=models.ManyToManyField(
            blank=True,
            help_text="None means all.",
            related_name="+",
            through=f"reservation.{name}",
            to=f"reservation.{target}",
        ),
    )


class Migration(migrations.Migration):
    dependencies = [("reservation", "0010_prices_and_promotions")]

    operations = [
        # The tables stay as they are: only Django learns what deleting must not do.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                *(row_of_a_scope(name, target, table) for name, target, _, table in SCOPES),
                *(scope(name, target, field) for name, target, field, _ in SCOPES),
            ]
        ),
        migrations.RemoveIndex(model_name="reservation", name="reservation_by_promotion"),
        migrations.AddIndex(
            model_name="reservation",
            index=models.Index(
                condition=Q(("promotion__isnull", False)),
                fields=["promotion", "user", "state", "expires_at"],
                name="reservation_by_promotion",
            ),
        ),
        migrations.AddField(
            model_name="promotion",
            name="counted_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AlterField(
            model_name="promotion",
            name="least_tickets",
            field=models.PositiveSmallIntegerField(
                default=0,
                help_text="So many tickets of its types at least.",
                validators=[django.core.validators.MaxValueValidator(100)],
            ),
        ),
        migrations.AlterField(
            model_name="promotion",
            name="limit",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Reservations that may use it; empty: any number.",
                null=True,
                validators=USES,
            ),
        ),
        migrations.AlterField(
            model_name="promotion",
            name="limit_per_user",
            field=models.PositiveIntegerField(
                blank=True, help_text="The same for each account.", null=True, validators=USES
            ),
        ),
        migrations.AddConstraint(
            model_name="promotion",
            constraint=models.CheckConstraint(
                condition=Q(valid_from=None)
                | Q(valid_until=None)
                | Q(valid_from__lt=F("valid_until")),
                name="promotion_ends_after_it_begins",
                violation_error_message="It ends before it begins.",
            ),
        ),
        migrations.AddConstraint(
            model_name="promotion",
            constraint=models.CheckConstraint(
                condition=Q(shows_from=None)
                | Q(shows_until=None)
                | Q(shows_from__lte=F("shows_until")),
                name="promotion_last_day_is_not_before_its_first",
                violation_error_message="The last day of shows is before the first.",
            ),
        ),
    ]
