import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
import portal.core.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("groups", "0001_tables"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReportRun",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.core.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("TRANSPARENCY", "Transparency report")], max_length=12
                    ),
                ),
                ("period_from", models.DateTimeField()),
                ("period_to", models.DateTimeField()),
                ("as_of", models.DateTimeField()),
                ("version", models.PositiveIntegerField(default=1)),
                ("correction_note", models.CharField(blank=True, max_length=500)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("WAITING", "Waiting"),
                            ("RUNNING", "Running"),
                            ("DONE", "Done"),
                            ("FAILED", "Failed"),
                        ],
                        default="WAITING",
                        max_length=8,
                    ),
                ),
                ("progress", models.PositiveSmallIntegerField(default=0)),
                ("requested_at", models.DateTimeField()),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("published_at", models.DateTimeField(null=True)),
                ("figures", models.JSONField(null=True)),
                ("json_sha256", models.CharField(blank=True, max_length=64)),
                ("csv_sha256", models.CharField(blank=True, max_length=64)),
                ("pdf_sha256", models.CharField(blank=True, max_length=64)),
                ("pdf", models.BinaryField(null=True)),
                ("error", models.CharField(blank=True, max_length=500)),
                (
                    "platform",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="core.platform",
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("platform", "kind", "period_from", "period_to", "version"),
                        name="a_report_version_is_made_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("period_to__gt", models.F("period_from"))),
                        name="a_report_covers_some_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "DONE"), _negated=True),
                            models.Q(
                                ("figures__isnull", False),
                                ("finished_at__isnull", False),
                                models.Q(("json_sha256", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="a_finished_report_has_figures_and_digests",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("version", 1),
                            models.Q(("correction_note", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="a_correction_says_what_changed",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="reportrun",
            trigger=pgtrigger.compiler.Trigger(
                name="report_run_moves_forward_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."state" IS DISTINCT FROM (NEW."state"))',
                    func="\n            IF (OLD.state, NEW.state) NOT IN (('WAITING', 'RUNNING'), ('RUNNING', 'DONE'), ('RUNNING', 'FAILED'), ('FAILED', 'RUNNING')) THEN\n                RAISE EXCEPTION 'report_run_moves_forward_only: % to %', OLD.state, NEW.state\n                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'report_run_moves_forward_only';\n            END IF;\n            RETURN NEW;\n        ",
                    hash="73ffda33a079f4cdb29320512a875dc541b7d612",
                    operation='UPDATE OF "state"',
                    pgid="pgtrigger_report_run_moves_forward_only_86ee7",
                    table="reports_reportrun",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="reportrun",
            trigger=pgtrigger.compiler.Trigger(
                name="a_finished_report_is_frozen",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF (OLD.state = 'DONE') AND (OLD.figures, OLD.json_sha256, OLD.csv_sha256, OLD.pdf_sha256, OLD.pdf, OLD.as_of) IS DISTINCT FROM (NEW.figures, NEW.json_sha256, NEW.csv_sha256, NEW.pdf_sha256, NEW.pdf, NEW.as_of) THEN\n                RAISE EXCEPTION 'a_finished_report_is_frozen'\n                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'a_finished_report_is_frozen';\n            END IF;\n            RETURN NEW;\n        ",
                    hash="35c621b2eedb80794c170d1a1a6ab0e86360b235",
                    operation="UPDATE",
                    pgid="pgtrigger_a_finished_report_is_frozen_ba9ce",
                    table="reports_reportrun",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="ReportSchedule",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.core.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("TRANSPARENCY", "Transparency report")], max_length=12
                    ),
                ),
                (
                    "every",
                    models.CharField(
                        choices=[
                            ("MONTH", "Month"),
                            ("QUARTER", "Quarter"),
                            ("HALF_YEAR", "Half-year"),
                            ("YEAR", "Year"),
                        ],
                        max_length=9,
                    ),
                ),
                ("next_run_at", models.DateTimeField()),
                ("is_enabled", models.BooleanField(default=True)),
                (
                    "platform",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="core.platform",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("platform", "kind", "every"), name="a_report_is_scheduled_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AuthorityRequest",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.core.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("ACT_AGAINST_CONTENT", "Order to act against content"),
                            ("PROVIDE_INFORMATION", "Order to provide information"),
                            ("PRESERVE", "Request to preserve"),
                            ("OTHER", "Other"),
                        ],
                        max_length=20,
                    ),
                ),
                ("country", models.CharField(max_length=2)),
                ("dsa_category", models.CharField(blank=True, max_length=80)),
                ("items", models.PositiveIntegerField(default=1)),
                ("received_date", models.DateField()),
                ("informed_date", models.DateField(blank=True, null=True)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("COMPLIED", "Complied"),
                            ("PARTLY_COMPLIED", "Complied in part"),
                            ("REFUSED", "Refused"),
                            ("CONTESTED", "Contested"),
                            ("WITHDRAWN", "Withdrawn"),
                        ],
                        max_length=16,
                        null=True,
                    ),
                ),
                ("outcome_date", models.DateField(blank=True, null=True)),
                ("recorded_at", models.DateTimeField()),
                (
                    "platform",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="core.platform",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("outcome__isnull", True), ("outcome_date__isnull", True)),
                            models.Q(("outcome__isnull", False), ("outcome_date__isnull", False)),
                            _connector="OR",
                        ),
                        name="an_outcome_comes_with_its_date",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("country__regex", "^[A-Z]{2}$")),
                        name="a_country_is_two_capital_letters",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DsaStatement",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.core.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("puid", models.CharField(max_length=500, unique=True)),
                ("payload", models.JSONField()),
                ("created_at", models.DateTimeField()),
                ("reviewed_by", models.UUIDField(null=True)),
                ("reviewed_at", models.DateTimeField(null=True)),
                ("sent_at", models.DateTimeField(null=True)),
                ("decision_id", models.UUIDField(unique=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("sent_at__isnull", True),
                            ("reviewed_by__isnull", False),
                            _connector="OR",
                        ),
                        name="a_statement_is_reviewed_before_it_is_sent",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("puid__regex", "^[a-zA-Z0-9_-]+$")),
                        name="a_statement_has_a_legal_puid",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="dsastatement",
            trigger=pgtrigger.compiler.Trigger(
                name="a_statement_is_written_once",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF (TRUE) AND (OLD.decision_id, OLD.puid, OLD.payload, OLD.created_at) IS DISTINCT FROM (NEW.decision_id, NEW.puid, NEW.payload, NEW.created_at) THEN\n                RAISE EXCEPTION 'a_statement_is_written_once'\n                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'a_statement_is_written_once';\n            END IF;\n            RETURN NEW;\n        ",
                    hash="1f8c9d304d3b399aa6e991db5f4f10d67b0a5869",
                    operation="UPDATE",
                    pgid="pgtrigger_a_statement_is_written_once_9b76d",
                    table="reports_dsastatement",
                    when="BEFORE",
                ),
            ),
        ),
    ]
