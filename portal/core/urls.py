from django.urls import path

from portal.core import error_pages

urlpatterns = [
    path("problems/", error_pages.list_problems, name="problems"),
    path("problems/<slug:code>/", error_pages.show_problem, name="problem"),
]
