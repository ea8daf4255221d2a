from django.urls import path

from portal.core import error_pages, key_pages

urlpatterns = [
    path("problems/", error_pages.list_problems, name="problems"),
    path("problems/<slug:code>/", error_pages.show_problem, name="problem"),
    path("certificates/keys/", key_pages.show_keys, name="certificate_keys"),
    path("certificates/keys.json", key_pages.keys_json, name="certificate_keys_json"),
]
