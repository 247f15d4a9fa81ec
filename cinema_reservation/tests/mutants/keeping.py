"""What is kept for others: public answers, the facts of a show, logins, compiled queries."""

from cinema_reservation.tests.mutants.mutant import Mutant

HOT, EDITION = "cinema_reservation/api/hot.py", "reservation/edition.py"
FACTS, AVAILABILITY = "reservation/facts.py", "reservation/api/availability.py"
LOGINS = "users/authentication.py"
READS, KNOWN = "reservation/tests/test_hot_reads.py", "reservation/tests/test_facts.py"
SEATS, LISTS = f"{READS}::TestAvailability", f"{READS}::TestLists"
PREPARED = "cinema_reservation/tests/test_prepared.py"
BEFORE = f"{READS}::TestAnsweredBeforeItsView"
TRUSTED = "users/tests/test_trusted_logins.py"

MUTANTS = (
    Mutant(
        name="edition-is-drawn",
        breaks="What was kept under the number of a change that was taken back stays forgotten.",
        file=EDITION,
        old="    number = secrets.randbelow(LARGEST_NUMBER) + 1\n",
        new="    number = current() + 1\n",
        tests=(
            f"{KNOWN}::test_what_was_read_of_a_change_that_is_taken_back_is_forgotten",
            f"{READS}::TestEditions::test_no_number_comes_twice_though_a_change_is_taken_back",
        ),
    ),
    Mutant(
        name="facts-by-edition",
        breaks="A hold is sold by what is true now, not by what was true once.",
        file=FACTS,
        old="    number = _number(edition.current())\n",
        new="    number = (0, 0)\n",
        tests=(
            f"{KNOWN}::test_a_dearer_category_is_dearer_at_the_next_hold",
            f"{KNOWN}::test_a_retired_seat_is_not_sold",
        ),
    ),
    Mutant(
        name="answers-end-with-holds",
        breaks="Seats of a hold that runs out are shown as free at that instant.",
        file=AVAILABILITY,
        old="        return min(latest, "
        "unchanged_until(self.show, self.edition_number, at) or latest)\n",
        new="        return latest\n",
        tests=(
            f"{SEATS}::test_a_hold_that_runs_out_frees_its_seats_at_that_instant_though_nobody_wrote",
        ),
    ),
    Mutant(
        name="one-makes-the-answer",
        breaks="Of many who ask at once for an answer that is missing, one makes it.",
        file=HOT,
        old="        with _making[int(key[-8:], 16) % len(_making)]:\n",
        new="        if True:\n",
        tests=(f"{READS}::test_of_many_who_ask_at_once_one_makes_the_answer",),
    ),
    Mutant(
        name="private-answers-are-not-kept",
        breaks="What a member of staff is shown is kept for nobody else.",
        file=HOT,
        old="        says_who = self.heeds_tokens and _says_who(request)\n",
        new="        says_who = False\n",
        tests=(f"{READS}::TestLists::test_who_says_who_they_are_is_answered_anew_and_privately",),
    ),
    Mutant(
        name="refusals-are-not-kept",
        breaks="Only answers are kept.",
        file=HOT,
        old="        if response.status_code != 200:\n",
        new="        if False:\n",
        tests=(f"{READS}::TestLists::test_a_refusal_is_not_kept",),
    ),
    Mutant(
        name="trust-in-logins-ends",
        breaks="A logout counts within the time that is stated.",
        file=LOGINS,
        old="        if found is None or found.until <= time.monotonic():\n",
        new="        if found is None:\n",
        tests=(f"{TRUSTED}::test_being_believed_prolongs_nothing",),
    ),
    Mutant(
        name="a-user-of-one-s-own",
        breaks="What one request does to its user is not seen by the next.",
        file=LOGINS,
        old="        return copy.copy(found.user)\n",
        new="        return found.user\n",
        tests=(f"{TRUSTED}::test_what_one_request_does_to_its_user_is_not_seen_by_the_next",),
    ),
    Mutant(
        name="verified-tokens-run-out",
        breaks="A token that was verified once is refused when it has expired.",
        file=LOGINS,
        old="            token.check_exp(current_time=aware_utcnow())\n",
        new="",
        tests=(f"{TRUSTED}::test_a_token_that_ran_out_is_refused_though_its_login_is_believed",),
    ),
    Mutant(
        name="known-answers-heed-tokens",
        breaks="Who says who they are is never sent what is kept for those who don't.",
        file=HOT,
        old="    if known is None or (known.heeds_tokens and _says_who(request)):\n",
        new="    if known is None:\n",
        tests=(f"{READS}::TestLists::test_who_says_who_they_are_is_answered_anew_and_privately",),
    ),
    Mutant(
        name="known-answers-are-of-a-version",
        breaks="What a process knows is sent only while its version is the present one.",
        file=HOT,
        old="self.version == version and self.kept",
        new="self.kept",
        tests=(f"{SEATS}::test_no_seat_is_shown_as_free_once_it_is_taken",),
    ),
    Mutant(
        name="known-answers-end-by-time",
        breaks="What a process knows is not sent from the instant when it may be untrue.",
        file=HOT,
        old="self.version == version and self.kept.until > timezone.now()",
        new="self.version == version",
        tests=(f"{LISTS}::test_a_show_that_begins_leaves_the_upcoming_ones_at_that_instant",),
    ),
    Mutant(
        name="known-answers-know-outages",
        breaks="A database that is away is a 503 before any view is reached, too.",
        file=HOT,
        old="            refusal = outage_response(request, error)\n",
        new="            refusal = None\n",
        tests=(f"{BEFORE}::test_a_database_that_is_away_is_a_503_though_the_answer_is_known",),
    ),
    Mutant(
        name="known-answers-are-bounded",
        breaks="What a process knows to be answered is bounded.",
        file=HOT,
        old="    if len(_known) >= MOST_KNOWN:\n",
        new="    if False:\n",
        tests=(f"{BEFORE}::test_what_is_known_is_bounded",),
    ),
    Mutant(
        name="known-answers-are-for-readers",
        breaks="Whoever does not only read is answered by the view.",
        file=HOT,
        old="    known = _known.get(question) if request.method in SAFE_METHODS else None\n",
        new="    known = _known.get(question)\n",
        tests=(f"{BEFORE}::test_who_does_not_only_read_reaches_the_view",),
    ),
    Mutant(
        name="known-answers-are-of-a-scheme",
        breaks="Links lead where one came from, with or without TLS.",
        file=HOT,
        old='    return request.scheme or "", request',
        new='    return "", request',
        tests=(f"{LISTS}::test_links_lead_where_one_came_from",),
    ),
    Mutant(
        name="inserts-mark-for-rollback",
        breaks="Nobody goes on in a transaction after rows were refused.",
        file="cinema_reservation/prepared.py",
        old="with mark_for_rollback_on_error(using=here.alias), here",
        new="with here",
        tests=(f"{PREPARED}::test_who_catches_a_refusal_can_only_roll_back",),
    ),
    Mutant(
        name="known-answers-are-small",
        breaks="What a process knows to be answered is bounded in bytes, too.",
        file=HOT,
        old="    if len(known.kept.content) > LARGEST_KNOWN:\n",
        new="    if False:\n",
        tests=(f"{BEFORE}::test_what_is_too_large_is_known_to_the_shared_cache_only",),
    ),
    Mutant(
        name="versions-are-asked-once",
        breaks="What has changed costs no more questions than what was never asked.",
        file=HOT,
        old='getattr(request, "hot_version", None) or asks_version()',
        new="asks_version()",
        tests=(f"{BEFORE}::test_what_has_changed_costs_what_it_cost_at_first",),
    ),
    Mutant(
        name="inserted-rows-know-their-keys",
        breaks="Rows whose keys the database does not draw are not inserted this way.",
        file="cinema_reservation/prepared.py",
        old="        if not isinstance(key, AutoField):\n",
        new="        if False:\n",
        tests=(f"{PREPARED}::test_rows_that_could_not_be_told_all_of_themselves_are_refused",),
    ),
    Mutant(
        name="inserted-rows-know-their-defaults",
        breaks="Rows with defaults that only the database knows are not inserted this way.",
        file="cinema_reservation/prepared.py",
        old="        if any(field.has_db_default() and",
        new="        if False and any(field.has_db_default() and",
        tests=(f"{PREPARED}::test_rows_that_could_not_be_told_all_of_themselves_are_refused",),
    ),
    Mutant(
        name="empty-lists-hold-nothing",
        breaks="A compiled query takes an empty list on both databases.",
        file="cinema_reservation/prepared.py",
        old=' or "NULL" for values in told',
        new=" for values in told",
        tests=(f"{PREPARED}::test_takes_lists_of_any_length_and_gives_tuples",),
        needs_postgres=True,
    ),
    Mutant(
        name="lists-are-not-excluded",
        breaks="An empty list that is excluded would leave out everything.",
        file="cinema_reservation/prepared.py",
        old="    if _has_negated_list([query.where, *query.annotations.values()]):\n",
        new="    if False:\n",
        tests=(f"{PREPARED}::test_what_would_be_answered_otherwise_is_refused",),
    ),
)
