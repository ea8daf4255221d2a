from django.urls import path

from groups.views import (
    account,
    appeals,
    cases,
    decisions,
    home,
    log,
    my_groups,
    notices,
    people,
    public,
    reporting,
    standings,
)

app_name = "groups"

urlpatterns = [
    path("", home.show, name="home"),
    path("groups/", my_groups.list_groups, name="list"),
    path("groups/<str:id>/", standings.show_in_group, name="standing"),
    path("groups/<str:id>/cases/", my_groups.list_cases, name="group_cases"),
    path("groups/<str:id>/people/", people.show_people, name="people"),
    path("groups/<str:id>/people.csv", people.download_people, name="people_csv"),
    path("groups/<str:id>/log/", log.show, name="log"),
    path("groups/<str:id>/log.<str:form>", log.download, name="log_file"),
    path("cases/", my_groups.list_all_cases, name="cases"),
    path("cases/<str:reference>/", cases.show, name="case"),
    path("decisions/<str:reference>/", decisions.show, name="decision"),
    path("decisions/<str:reference>/appeal/", appeals.write, name="appeal_new"),
    path("appeals/<str:reference>/", appeals.show, name="appeal"),
    path("appeals/<str:reference>/withdraw/", appeals.withdraw, name="appeal_withdraw"),
    path("notices/", notices.list_notices, name="notices"),
    path("notices/<str:id>/", notices.show, name="notice"),
    path("notices/<str:id>/read/", notices.mark_read, name="notice_read"),
    path("report/", reporting.write, name="report"),
    path("report/sent/<str:id>/", reporting.show, name="report_sent"),
    path("report/sent/<str:id>/appeal/", reporting.appeal, name="report_appeal"),
    path("account/", account.show, name="account"),
    path("account/data.json", account.download, name="own_data"),
    path("account/<str:id>/standing/", standings.show_of_account, name="account_standing"),
    path("rules/", public.show_rules, name="rules"),
    path("rules/<slug:slug>/", public.show_rules, name="platform_rules"),
    path("standing/", public.explain_standing, name="standing_explained"),
    path("standing/<slug:slug>/", public.explain_standing, name="platform_standing"),
]
