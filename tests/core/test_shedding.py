"""What takes long is refused when there is no place for more of it."""

import threading

import pytest
from django.test import RequestFactory
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.core import problems, shedding

MIB = 2**20


def test_a_request_without_a_place_is_refused_and_told_when_to_come_back():
    places = shedding.Places(3, size=2 * MIB)

    with places.taken(length=3 * MIB), places.taken(length=10):
        with pytest.raises(shedding.Overloaded) as refused, places.taken(length=10):
            pass
        answer = problems.as_response(refused.value)
    with places.taken(length=3 * MIB), places.taken(length=10):
        pass

    assert (answer.status_code, answer["Retry-After"]) == (503, "1")
    assert answer["Content-Type"] == "application/problem+json"


def test_what_is_larger_than_all_places_runs_alone():
    places = shedding.Places(3, size=2 * MIB)

    with (
        places.taken(length=100 * MIB),
        pytest.raises(shedding.Overloaded),
        places.taken(length=0),
    ):
        pass


def test_a_place_is_free_again_after_an_error():
    places = shedding.Places(1, size=MIB)

    for _ in range(3):
        with pytest.raises(ZeroDivisionError), places.taken(length=0):
            _ = 1 / 0


def test_a_view_holds_its_place_while_it_runs():
    places = shedding.Places(1, size=MIB)
    runs, may_end = threading.Event(), threading.Event()

    class Slow(APIView):
        authentication_classes = permission_classes = throttle_classes = ()

        @places.needed
        def post(self, request: Request) -> Response:
            runs.set()
            may_end.wait(10)
            return Response({})

    def ask():
        return Slow.as_view()(RequestFactory().post("/", b"{}", content_type="application/json"))

    first = threading.Thread(target=ask)
    first.start()
    assert runs.wait(10)
    refused = ask()
    may_end.set()
    first.join()

    assert (refused.status_code, refused["Retry-After"]) == (503, "1")
    assert ask().status_code == 200
