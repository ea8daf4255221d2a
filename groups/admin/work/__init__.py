"""The pages of the work: queues, the workspace of a case, the second person, appeals."""

from django.contrib import admin

from groups.admin.work import appeals, cases, deciding, keys, queues, reviewing, second, viewing

PAGES = [
    ("work/take-next/", cases.take_next, "work_take_next"),
    ("work/case/<uuid:pk>/", cases.show, "work_case"),
    ("work/case/<uuid:pk>/claim/", cases.claim, "work_case_claim"),
    ("work/case/<uuid:pk>/release/", cases.release, "work_case_release"),
    ("work/case/<uuid:pk>/renew/", cases.renew, "work_case_renew"),
    ("work/case/<uuid:pk>/viewing/", viewing.mark, "work_case_viewing"),
    ("work/case/<uuid:pk>/note/", cases.note, "work_case_note"),
    ("work/case/<uuid:pk>/preview/", deciding.preview, "work_case_preview"),
    ("work/case/<uuid:pk>/edit/", deciding.edit, "work_case_edit"),
    ("work/case/<uuid:pk>/decide/", deciding.decide, "work_case_decide"),
    ("work/decision/<uuid:pk>/", second.show, "work_decision"),
    ("work/decision/<uuid:pk>/approve/", second.approve, "work_decision_approve"),
    ("work/decision/<uuid:pk>/return/", second.send_back, "work_decision_return"),
    ("work/appeal/<uuid:pk>/", appeals.show, "work_appeal"),
    ("work/appeal/<uuid:pk>/take/", appeals.take, "work_appeal_take"),
    ("work/appeal/<uuid:pk>/preview/", reviewing.preview, "work_appeal_preview"),
    ("work/appeal/<uuid:pk>/edit/", reviewing.edit, "work_appeal_edit"),
    ("work/appeal/<uuid:pk>/decide/", reviewing.decide, "work_appeal_decide"),
    ("work/keys/", keys.show, "work_keys"),
    ("work/<slug:queue>/", queues.show, "work_queue"),
]
for route, view, name in PAGES:
    admin.site.add_page(route, view, name)
