"""Money at the desk. Importing these pages registers them."""

from payments.admin import alerts, disputes, events, payments, refunds, unsettled

__all__ = ["alerts", "disputes", "events", "payments", "refunds", "unsettled"]
