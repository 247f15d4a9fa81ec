"""How everything comes to rest: nothing goes wrong any more, and the worker works."""

from datetime import timedelta

from payments import rounds
from payments.models import Payment, Refund, RefundState
from payments.tests.any_order.world import World
from payments.tests.moments import DAY, HOUR, MINUTE
from reservation.models import Reservation, ReservationState

# A failed refund is tried again after an hour, then after longer and longer, at most a day.
PAUSES: tuple[timedelta, ...] = (MINUTE, 10 * MINUTE, HOUR, HOUR, 3 * HOUR, *[DAY + HOUR] * 9)


def come_to_rest(world: World) -> None:
    """Let every bank decide and the worker work, until there is nothing left to do.

    What banks decide, and which events arrive, follows from how many things there are: it
    has to be the same each time that an example is played.
    """
    world.calm_down()
    # Twice before banks have decided: what is on its way is not to be sent again.
    for _ in range(2):
        _work(world, 10 * MINUTE)
    world.stripe.refunds_stay_pending(pending=False)
    _let_banks_decide(world)
    for event in world.stripe.events[::2]:
        world.deliver(event)
    for pause in PAUSES:
        _work(world, pause)
        if _is_at_rest():
            break


def _work(world: World, pause: timedelta) -> None:
    world.wait(pause)
    rounds.all_rounds(at=world.now)
    rounds.collect_missed_events(at=world.now)


def _let_banks_decide(world: World) -> None:
    stripe = world.stripe
    for number, session in enumerate(stripe.sessions):
        if session["status"] == "complete" and session["payment_status"] == "unpaid":
            intents = {intent["id"]: intent for intent in stripe.payment_intents}
            if intents[session["payment_intent"]]["status"] == "processing":
                stripe.settle_later(session["id"], succeeded=number % 2 == 0)
    for number, refund in enumerate(stripe.refunds):
        if refund["status"] == "pending":
            (stripe.fail_refund if number % 3 == 0 else stripe.succeed_refund)(refund["id"])
    for number, dispute in enumerate(stripe.disputes):
        if dispute["status"] in {"warning_needs_response", "needs_response"}:
            stripe.close_dispute(dispute["id"], won=number % 2 == 0)


def _is_at_rest() -> bool:
    return not (
        Reservation.objects.exclude(settle_after=None).exists()
        or Reservation.objects.filter(state=ReservationState.HELD).exists()
        or Payment.objects.live().exists()
        or Refund.objects.filter(state=RefundState.PENDING).exists()
    )
