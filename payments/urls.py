from django.urls import path

from payments.pages import ReturnViewSet
from payments.views import CheckoutViewSet, PaymentStatusViewSet, WebhookViewSet

urlpatterns = [
    path(
        "create-checkout-session/<int:reservation_id>/",
        CheckoutViewSet.as_view({"get": "open", "post": "open"}),
        name="create-checkout-session",
    ),
    path(
        "payment-status/<int:reservation_id>/",
        PaymentStatusViewSet.as_view({"get": "retrieve"}),
        name="payment-status",
    ),
    path("payment/success/", ReturnViewSet.as_view({"get": "success"}), name="payment-success"),
    path("payment/cancel/", ReturnViewSet.as_view({"get": "cancel"}), name="payment-cancel"),
    path("webhook/", WebhookViewSet.as_view({"post": "receive"}), name="webhook"),
]
