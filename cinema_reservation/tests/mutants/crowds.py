"""More than can be served, clients that dawdle, a server that stops, a database that restarts."""

from cinema_reservation.tests.mutants.mutant import Mutant

OVERLOAD, WEB = "cinema_reservation/api/overload.py", "deploy/web.py"
LANES = "cinema_reservation/tests/test_overload.py"
SERVER = "cinema_reservation/tests/test_server.py"

MUTANTS = (
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
        tests=(f"{SERVER}::test_clients_that_send_their_body_slowly_keep_nobody_waiting",),
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
