"""One event a request, against a plain Django view that runs one prepared INSERT a request."""

from datetime import datetime

from bench import client, data, rows, state
from bench.ingest import PATH, Scene
from bench.measuring import Figure, interleave, ratios
from bench.servers import Servers

CLIENTS = 8
# Requests of each client in a round.
EVENTS, INSERTS = 40, 200


def measure(servers: Servers, *, at: datetime, rounds: int) -> list[Figure]:
    tokens = state.found(at=at, clients=CLIENTS)
    events = data.Events(at=at).take(CLIENTS * INSERTS)
    with servers.connect() as database, servers.web() as web:
        state.save(database)
        scene = Scene(database, web, tokens, events)
        mine = [data.batches(events[n::CLIENTS], 1) for n in range(CLIENTS)]
        singles = [
            [client.post(PATH, body, media_type=data.NDJSON, token=token) for body in bodies]
            for token, bodies in zip(tokens, mine, strict=True)
        ]
        # Once all of them, in batches, to have the rows that they become.
        scene.send(
            [
                [client.post(PATH, b"\n".join(bodies), media_type=data.NDJSON, token=token)]
                for token, bodies in zip(tokens, mine, strict=True)
            ]
        )
        lines = rows.lines_of(database, events)
        inserts = [
            [
                client.post("/bench/row", line.rstrip(b"\n"), media_type="text/plain")
                for line in lines[n::CLIENTS]
            ]
            for n in range(CLIENTS)
        ]
        few = [requests[:EVENTS] for requests in singles]

        ours, plain = interleave(
            rounds,
            lambda: CLIENTS * EVENTS / scene.send(few),
            lambda: CLIENTS * INSERTS / scene.send(inserts),
        )
    return [
        Figure(
            f"single events, one a request, {CLIENTS} clients",
            "one prepared INSERT a request in a plain Django view",
            ratios(ours, plain),
            at_least=0.6,
            details={"events/s": ours, "INSERT, requests/s": plain},
        )
    ]
