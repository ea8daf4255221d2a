from django.urls import path

from portal.demo import views

app_name = "demo"

urlpatterns = [
    path("mail/", views.mail, name="mail"),
    path("webhooks/", views.webhooks, name="webhooks"),
    path("webhooks/receive/", views.receive, name="receive"),
]
