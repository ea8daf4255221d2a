from drf_spectacular.generators import SchemaGenerator

from portal.core import error_catalogue, idempotency
from portal.core.openapi import PROBLEMS, add_problems
from tests.core import api


def document():
    schema = SchemaGenerator(patterns=api.urlpatterns[1:2]).get_schema(public=True)
    return add_problems(schema, None, None, public=True)


def test_every_operation_names_its_problems_and_where_to_read_about_them(settings):
    settings.PUBLIC_URL = "https://accord.example"
    schema = document()

    post = schema["paths"]["/api/v1/events"]["post"]["responses"]
    get = schema["paths"]["/api/v1/events"]["get"]["responses"]
    assert post["422"] == {"$ref": "#/components/responses/Invalid"}
    assert {"400", "401", "403", "404", "429", "500", "503"} <= get.keys()
    described = schema["components"]["responses"]["Invalid"]
    assert "https://accord.example/problems/idempotency-key-reused/" in described["description"]
    assert described["content"].keys() == {"application/problem+json"}


def test_only_operations_that_take_a_key_document_it():
    operations = document()["paths"]["/api/v1/events"]

    named = {
        method: [parameter["name"] for parameter in operation.get("parameters", [])]
        for method, operation in operations.items()
    }
    assert idempotency.HEADER in named["post"]
    assert idempotency.HEADER not in named["get"]


def test_every_status_of_our_errors_is_documented():
    assert {str(kind.status) for kind in error_catalogue.kinds().values()} <= PROBLEMS.keys()
