"""Promo codes in use: limits under races, uses of dead holds, and who may know of a code."""

from cinema_reservation.tests.mutants.mutant import Mutant

PROMOTIONS = "reservation/promotions.py"
PROMOTING = "reservation/promoting.py"
CLAIMS = "reservation/claims.py"
THROTTLES = "reservation/api/throttles.py"
USED = "reservation/tests/test_promotions.py"
STAFF = "reservation/tests/test_api_promotions.py"
RIVALS = "reservation/tests/rivals/test_promoting.py"
PAID = "payments/tests/test_promotions.py"
DEAD = f"{RIVALS}::TestTheUseOfADeadHold"

MUTANTS = (
    Mutant(
        name="limited-codes-are-locked",
        breaks="The last use of a code is one customer's, whatever shows they are at.",
        file=PROMOTIONS,
        old="        promotion = _lock(promotion)\n",
        new="        pass\n",
        tests=(f"{RIVALS}::TestTheLastUse::test_is_whose_who_came_first",),
        needs_postgres=True,
    ),
    Mutant(
        name="taken-back-under-the-lock",
        breaks="Who pays late and who is next don't both get the use that is left.",
        file=PROMOTIONS,
        old="limited.select_for_update(no_key=True).filter",
        new="limited.filter",
        tests=(f"{DEAD}::test_that_is_taken_back_is_nobody_else_s",),
        needs_postgres=True,
    ),
    Mutant(
        name="switched-off-is-off",
        breaks="Whoever waited for staff to switch a code off does not use it.",
        file=PROMOTIONS,
        old="found = locked.filter(is_active=True).first()",
        new="found = locked.first()",
        tests=(f"{RIVALS}::TestStaff::test_are_heeded_by_whoever_waited_for_them",),
        needs_postgres=True,
    ),
    Mutant(
        name="counts-are-noted",
        breaks="A use that was counted as given back is not kept by a slow clock.",
        file=PROMOTIONS,
        old="""    discounted = _discounted(promotion, quote, uses, show=show, at=at)
    _note_count(promotion, at)
""",
        new="    discounted = _discounted(promotion, quote, uses, show=show, at=at)\n",
        tests=(
            f"{DEAD}::test_is_not_its_owner_s_who_pays_too_late",
            f"{PAID}::TestPaidTooLate::test_is_no_page_that_can_still_be_opened",
        ),
    ),
    Mutant(
        name="lost-uses-are-noticed",
        breaks="A hold whose use others have is not prolonged.",
        file=CLAIMS,
        old="    return has_lost_seats(reservation) or promotions.has_lost_use(reservation)\n",
        new="    return has_lost_seats(reservation)\n",
        tests=(f"{DEAD}::test_is_not_kept_by_a_bank_either",),
    ),
    Mutant(
        name="uses-are-claimed-again",
        breaks="Who pays too late has no use that is another's.",
        file=CLAIMS,
        old="    promotions.claim_again(reservation, at=at)\n",
        tests=(f"{DEAD}::test_is_lost_with_its_seats_though_these_are_free",),
    ),
    Mutant(
        name="late-uses-of-one-user",
        breaks="Who pays too late has the code no more often than each may.",
        file=PROMOTIONS,
        old="uses.used_by_buyer >= promotion.limit_per_user:",
        new="False:",
        tests=(f"{PAID}::TestPaidTooLate::test_as_often_as_one_may_goes_back",),
    ),
    Mutant(
        name="dead-uses-are-free",
        breaks="A use ends with its hold, at that very instant.",
        file=PROMOTIONS,
        old="filter(promotion=promotion).living(at)\n",
        new="filter(promotion=promotion)\n",
        tests=(f"{USED}::TestUses::test_end_with_their_hold_at_that_very_instant",),
    ),
    Mutant(
        name="own-use-is-not-counted",
        breaks="Who exchanges seats does not stand in their own way.",
        file=PROMOTIONS,
        old="        living = living.exclude(pk=excluding)\n",
        new="        pass\n",
        tests=(f"{USED}::TestUses::test_of_whoever_asks_again_are_not_counted",),
    ),
    Mutant(
        name="nothing-unpayable-is-sold",
        breaks="No code makes a reservation that no card can be charged with.",
        file="reservation/sale.py",
        old="if 0 < quote.total < settings.MINIMUM_CHARGE:",
        new="if False:",
        tests=(f"{USED}::TestWhatCannotBePaid::test_is_refused_with_the_least_amount",),
    ),
    Mutant(
        name="guesses-are-counted",
        breaks="Nobody tries codes until one is good.",
        file=THROTTLES,
        old="        counted.clear()\n",
        tests=(f"{USED}::TestGuessing::test_ends_after_a_few_tries",),
    ),
    Mutant(
        name="good-codes-are-no-guesses",
        breaks="Who has a good code may use it.",
        file=THROTTLES,
        old="            throttle.forgive(ident)\n",
        new="            pass\n",
        tests=(f"{USED}::TestGuessing::test_is_not_what_good_codes_are",),
    ),
    Mutant(
        name="codes-are-for-staff",
        breaks="A right alone lets no customer read the codes.",
        file="reservation/api/permissions.py",
        old="return is_staff(request) and super()",
        new="return super()",
        tests=(f"{STAFF}::TestWhoMay::test_a_right_makes_nobody_staff",),
    ),
    Mutant(
        name="reading-codes-is-a-right",
        breaks="Staff without the right for it read no codes.",
        file="reservation/api/permissions.py",
        old='["%(app_label)s.view_%(model_name)s"]',
        new="[]",
        tests=(f"{STAFF}::TestWhoMay::test_nobody_but_staff_with_the_rights_for_it",),
    ),
    Mutant(
        name="used-codes-keep-their-name",
        breaks="A reservation's code stays what its customer typed.",
        file=PROMOTING,
        old="    if present.code != promotion.code and present.reservations.exists():\n"
        "        raise CodeWasUsed\n",
        tests=(f"{STAFF}::TestWriting::test_one_that_was_used_keeps_its_code_and_stays",),
    ),
    Mutant(
        name="changes-undo-no-count",
        breaks="Staff who change a promotion don't undo when it was counted.",
        file=PROMOTING,
        old="promotion.save(update_fields=list(fields))",
        new="promotion.save()",
        tests=(f"{RIVALS}::TestStaff::test_who_switch_it_off_wait_for_its_user_who_keeps_it",),
    ),
    Mutant(
        name="exchanges-are-no-further-uses",
        breaks="Staff read the number of uses that the limits count.",
        file=PROMOTING,
        old="    uses = uses.exclude(channel=Channel.EXCHANGE)\n",
        tests=(f"{STAFF}::TestWriting::test_tells_a_reservation_once_whose_exchange_waits",),
    ),
    Mutant(
        name="scopes-stay",
        breaks="A code of one show is not good for all once that show is deleted.",
        file="reservation/models/pricing.py",
        old='showtime = models.ForeignKey(ShowTime, on_delete=models.PROTECT, related_name="+")',
        new='showtime = models.ForeignKey(ShowTime, on_delete=models.CASCADE, related_name="+")',
        tests=(f"{STAFF}::TestWriting::test_what_it_is_for_stays",),
    ),
)
