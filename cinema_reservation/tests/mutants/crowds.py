"""More than can be served, clients that dawdle, a server that stops, a database that restarts."""

from cinema_reservation.tests.mutants.mutant import Mutant

OVERLOAD, WEB = "cinema_reservation/api/overload.py", "deploy/web.py"
LANES = "cinema_reservation/tests/test_overload.py"
SERVER = "cinema_reservation/tests/test_server.py"

LINE, IN_LINE = "cinema_reservation/sqlite/base.py", "cinema_reservation/tests/test_sqlite_line.py"

MUTANTS = (
    Mutant(
        name="line-of-the-process",
        breaks="Only the first in line asks the file.",
        file=LINE,
        old="        self._stand_in_line()\n        try:",
        new="        try:",
        tests=(f"{IN_LINE}::test_a_writer_behind_one_of_the_same_process_does_not_ask_the_file",),
    ),
    Mutant(
        name="line-asks-at-once",
        breaks="SQLite's own naps are not taken.",
        file=LINE,
        old="        self._set_busy_timeout(0)\n",
        new="",
        tests=(
            f"{IN_LINE}::test_a_writer_behind_another_process_asks_again_at_once_until_it_is_its_turn",
        ),
    ),
    Mutant(
        name="line-closes-vain-attempts",
        breaks="No other thread has to close what a vain attempt left open.",
        file=LINE,
        old="""        with closing(self.connection.cursor()) as cursor:
            try:
                cursor.execute("BEGIN IMMEDIATE")
            except""",
        new="""        with self.wrap_database_errors:
            cursor = self.cursor()
            try:
                cursor.execute("BEGIN IMMEDIATE")
            except OperationalError as error:
                self._why = error
                return False
            except""",
        tests=(f"{IN_LINE}::test_a_vain_attempt_leaves_nothing_for_another_thread_to_close",),
    ),
    Mutant(
        name="line-left-at-rollback",
        breaks="Who has rolled back lets the next one write.",
        file=LINE,
        old="            super()._rollback()\n        finally:\n            self._leave()\n",
        new="            super()._rollback()\n        finally:\n            pass\n",
        tests=(
            f"{IN_LINE}::test_however_a_transaction_ends_the_next_in_line_has_its_turn[rollback]",
        ),
    ),
    Mutant(
        name="line-left-when-locked-out",
        breaks="Who could not begin leaves the line.",
        file=LINE,
        old="        except BaseException:\n            self._leave()\n            raise\n",
        new="        except BaseException:\n            raise\n",
        tests=(f"{IN_LINE}::test_another_process_is_waited_for_no_longer_than_was_said",),
    ),
    Mutant(
        name="body-before-turn",
        breaks="A client that sends its body slowly takes no turn.",
        file=OVERLOAD,
        old="        if length and not large and not lane.take_in(request):\n",
        new="        if False:\n",
        tests=(f"{SERVER}::test_clients_that_send_their_body_slowly_keep_nobody_waiting",),
    ),
    Mutant(
        name="uploads-wait-apart",
        breaks="What is too large to be kept while it arrives waits among its like.",
        file=OVERLOAD,
        old="self._uploads if large else self._lane_of(request)",
        new="self._lane_of(request)",
        tests=(
            f"{LANES}::test_posters_that_arrive_wait_among_themselves_and_keep_nobody_else_waiting",
        ),
    ),
    Mutant(
        name="health-without-a-turn",
        breaks="A busy process says that it lives.",
        file=OVERLOAD,
        old="        if request.path_info.startswith(self._always):\n",
        new="        if False:\n",
        tests=(
            f"{LANES}::test_health_and_the_webhook_are_answered_while_everything_else_is_refused",
        ),
    ),
    Mutant(
        name="turn-given-back",
        breaks="A turn is given back whatever becomes of the request.",
        file=OVERLOAD,
        old="""        try:
            return self.get_response(request)
        finally:
            lane.leave()
""",
        new="""        response = self.get_response(request)
        lane.leave()
        return response
""",
        tests=(f"{LANES}::test_a_view_that_breaks_gives_its_turn_back",),
    ),
    Mutant(
        name="no-stop-is-missed",
        breaks="A server that is told to stop while its processes start stops.",
        file=WEB,
        old='    multiprocessing.set_start_method("spawn")\n',
        tests=(f"{SERVER}::test_a_server_that_is_told_to_stop_while_it_starts_stops",),
    ),
    Mutant(
        name="no-waiting-for-http2",
        breaks="A client that connects and says nothing is hung up on.",
        file=WEB,
        old='        "http": HTTPModes.http1,\n',
        tests=(f"{SERVER}::test_clients_that_send_nothing_more_are_hung_up_on",),
    ),
    Mutant(
        name="dead-connections-dropped",
        breaks="A database that restarts costs each process one answer, not one per connection.",
        file="cinema_reservation/outages.py",
        old="        pool.drain()\n",
        new="        pass\n",
        tests=(f"{SERVER}::test_lost_connections_cost_each_process_one_503",),
        needs_postgres=True,
    ),
)
