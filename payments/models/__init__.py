"""The ledger, by concept."""

from payments.models.alert import Alert, AlertKind
from payments.models.dispute import GONE_STATES, Dispute, DisputeState
from payments.models.event import WebhookEvent
from payments.models.payment import LIVE_STATES, Payment, PaymentState
from payments.models.refund import Refund, RefundReason, RefundState
from payments.models.unsettled import Unsettled

__all__ = [
    "GONE_STATES",
    "LIVE_STATES",
    "Alert",
    "AlertKind",
    "Dispute",
    "DisputeState",
    "Payment",
    "PaymentState",
    "Refund",
    "RefundReason",
    "RefundState",
    "Unsettled",
    "WebhookEvent",
]
