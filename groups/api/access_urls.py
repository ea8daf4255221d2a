"""AuthZEN 1.0, under /access/v1/."""

from django.urls import path

from groups.api import evaluation, evaluations

app_name = "access"

urlpatterns = [
    path("evaluation", evaluation.EvaluationView.as_view(), name="evaluation"),
    path("evaluations", evaluations.EvaluationsView.as_view(), name="evaluations"),
]
