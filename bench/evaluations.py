"""May this account create a group? Over HTTP, each time of another account, from what is stored."""

import json
import random
from collections.abc import Callable
from typing import Any

from bench import client, state
from bench.measuring import Figure, interleave, ratios
from bench.servers import Servers, Web

CLIENTS = 32
# Requests of each client in a round.
OURS, NOTHING, ORDINARY, RECONNECTING = 80, 200, 60, 20
JSON = "application/json"


def measure(servers: Servers, *, rounds: int, accounts: int) -> list[Figure]:
    from rest_framework.authtoken.models import Token  # settings are named only now

    from identity.models import User
    from portal.core.models import Platform

    platform = Platform.objects.get(slug="bench")
    token = state.issue(platform, 0, scope="access")
    own = Token.objects.create(user=User.objects.get(email="reviewer@bench.example")).key
    chosen = random.Random(7)

    def ask(path: str, body: Callable[[str], Any], token: str, scheme: str) -> Callable[[], bytes]:
        def make() -> bytes:
            asked = json.dumps(body(f"a-{chosen.randint(1, accounts)}")).encode()
            return client.post(path, asked, media_type=JSON, token=token, scheme=scheme)

        return make

    ours = ask("/access/v1/evaluation", _question, token, "Bearer")
    nothing = ask("/bench/nothing", _question, token, "Bearer")
    ordinary = ask("/bench/evaluation", lambda name: {"account": name}, own, "Token")
    afresh = ask("/bench/evaluation-reconnecting", lambda name: {"account": name}, own, "Token")
    with servers.web() as web:
        rates = interleave(
            rounds,
            lambda: _rate(web, ours, OURS),
            lambda: _rate(web, nothing, NOTHING),
            lambda: _rate(web, ordinary, ORDINARY),
            lambda: _rate(web, afresh, RECONNECTING),
        )
    names = ("Accord", "trivial view", "DRF", "DRF, reconnecting")
    details = {f"{name}, requests/s": rate for name, rate in zip(names, rates, strict=True)}
    what = f"evaluation over HTTP, {CLIENTS} connections, {accounts:,} accounts"
    return [
        Figure(
            what,
            "a trivial Django view without database, same server and middleware",
            ratios(rates[0], rates[1]),
            at_least=0.35,
            details=details,
        ),
        Figure(
            what,
            "a DRF view with token authentication that folds the ledger, connections kept",
            ratios(rates[0], rates[2]),
            at_least=10,
        ),
        Figure(
            what,
            "the same DRF view with Django's default, a connection a request",
            ratios(rates[0], rates[3]),
        ),
    ]


def _question(account: str) -> dict[str, Any]:
    return {
        "subject": {"type": "account", "id": account},
        "action": {"name": "create_group"},
        "resource": {"type": "group", "properties": {"size": 250}},
    }


def _rate(web: Web, make: Callable[[], bytes], each: int) -> float:
    """Return the requests a second of all clients."""
    requests = [[make() for _ in range(each)] for _ in range(CLIENTS)]
    connections = web.connect(CLIENTS)
    try:
        return CLIENTS * each / client.drive(connections, requests)
    finally:
        for connection in connections:
            connection.close()
