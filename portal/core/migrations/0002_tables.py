import datetime
import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
import pgtrigger.compiler
import pgtrigger.migrations
import portal.core.fields
import portal.core.ids
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("core", "0001_extensions_and_sequences"),
    ]

    operations = [
        migrations.CreateModel(
            name="IdempotencyRecord",
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
                ("client_id", models.UUIDField()),
                ("key", models.CharField(max_length=255)),
                ("method", models.CharField(max_length=8)),
                ("path", models.CharField(max_length=500)),
                ("request_sha256", models.BinaryField(max_length=32)),
                ("status", models.PositiveSmallIntegerField()),
                ("headers", models.JSONField(default=dict)),
                ("body", models.BinaryField()),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(db_index=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("client_id", "key"), name="idempotency_key_is_used_once_by_a_client"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Platform",
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
                ("slug", models.SlugField(max_length=40, unique=True)),
                ("name", models.CharField(max_length=120)),
                ("language", models.CharField(default="en", max_length=8)),
                ("records_membership", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "permissions": [
                    ("view_records", "See groups, cases and their history"),
                    ("claim_cases", "Claim and answer cases"),
                    ("decide_cases", "Decide cases"),
                    ("approve_decisions", "Approve decisions as the second person"),
                    ("review_appeals", "Review appeals"),
                    ("view_identity", "See identity details for a stated purpose"),
                    ("review_verifications", "Decide verification requests"),
                    ("manage_policy", "Draft and approve standing policies and rules"),
                    ("manage_holds", "Place, approve and release holds"),
                    ("run_purge", "Run the purge"),
                    ("view_audit", "Read the audit log"),
                    ("view_reports", "Read and run reports"),
                    ("administer", "Manage staff, API clients and webhooks"),
                ],
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="PurgeRun",
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
                ("is_dry", models.BooleanField()),
                (
                    "state",
                    models.CharField(
                        choices=[("RUNNING", "Running"), ("DONE", "Done"), ("FAILED", "Failed")],
                        default="RUNNING",
                        max_length=8,
                    ),
                ),
                ("as_of", models.DateTimeField()),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                ("run_by", models.CharField(max_length=120)),
                ("plan", models.JSONField(default=list)),
                ("error", models.CharField(blank=True, max_length=500)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("finished_at__isnull", True), ("state", "RUNNING")),
                            models.Q(
                                models.Q(("state", "RUNNING"), _negated=True),
                                ("finished_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="purge_run_ends_when_it_finishes",
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="purgerun",
            trigger=pgtrigger.compiler.Trigger(
                name="purge_run_moves_forward_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."state" IS DISTINCT FROM (NEW."state"))',
                    func="\n            IF (OLD.state, NEW.state) NOT IN (('RUNNING', 'DONE'), ('RUNNING', 'FAILED'), ('FAILED', 'RUNNING')) THEN\n                RAISE EXCEPTION 'purge_run_moves_forward_only: % to %', OLD.state, NEW.state\n                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'purge_run_moves_forward_only';\n            END IF;\n            RETURN NEW;\n        ",
                    hash="20682393275409036db6a0e29c2b32daa286a673",
                    operation='UPDATE OF "state"',
                    pgid="pgtrigger_purge_run_moves_forward_only_15bf4",
                    table="core_purgerun",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="AuditEntry",
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
                ("at", models.DateTimeField()),
                ("action", models.CharField(max_length=80)),
                ("record_type", models.CharField(max_length=80)),
                ("record_id", models.CharField(max_length=80)),
                (
                    "actor_kind",
                    models.CharField(
                        choices=[("USER", "User"), ("CLIENT", "Client"), ("SYSTEM", "System")],
                        max_length=8,
                    ),
                ),
                ("actor_id", models.UUIDField(null=True)),
                ("actor_label", models.CharField(max_length=120)),
                ("platform_id", models.UUIDField(null=True)),
                ("old", models.JSONField(default=dict)),
                ("new", models.JSONField(default=dict)),
                ("request_id", models.CharField(blank=True, max_length=64)),
                (
                    "xact",
                    models.BigIntegerField(
                        db_default=models.Func(
                            models.Func(function="pg_current_xact_id"),
                            output_field=models.BigIntegerField(),
                            template="(%(expressions)s::text::bigint)",
                        ),
                        editable=False,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "audit entries",
                "indexes": [
                    models.Index(fields=["record_type", "record_id", "at"], name="audit_by_record"),
                    models.Index(fields=["platform_id", "-at"], name="audit_by_platform"),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="auditentry",
            trigger=pgtrigger.compiler.Trigger(
                name="audit_is_append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                IF TG_OP = 'DELETE' AND current_setting('accord.purging', true) = 'on' THEN\n                    RETURN OLD;\n                END IF;\n                RAISE EXCEPTION 'audit_is_append_only: rows are added, never changed'\n                    USING ERRCODE = 'integrity_constraint_violation',\n                          CONSTRAINT = 'audit_is_append_only';\n            ",
                    hash="24638faaf0fb3a072bc7447ab5a5df34b7419113",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_audit_is_append_only_8a0a6",
                    table="core_auditentry",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="auditentry",
            trigger=pgtrigger.compiler.Trigger(
                name="audit_is_never_truncated",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                RAISE EXCEPTION 'audit_is_never_truncated: rows are added, never changed'\n                    USING ERRCODE = 'integrity_constraint_violation',\n                          CONSTRAINT = 'audit_is_never_truncated';\n            ",
                    hash="5a134d5e32be2a8713831ea10cef0c7efdb14241",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_audit_is_never_truncated_c205e",
                    table="core_auditentry",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="Hold",
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
                    "number",
                    models.BigIntegerField(
                        db_default=models.Func(
                            models.Value("core_hold_number"), function="nextval"
                        ),
                        editable=False,
                        unique=True,
                    ),
                ),
                (
                    "scope",
                    models.CharField(
                        choices=[
                            ("ACCOUNT", "Account"),
                            ("GROUP", "Group"),
                            ("CASE", "Case"),
                            ("PLATFORM", "Platform"),
                        ],
                        max_length=8,
                    ),
                ),
                ("scope_id", models.UUIDField()),
                ("matter", models.CharField(max_length=120)),
                ("reason", models.TextField(max_length=2000)),
                ("placed_by", models.UUIDField()),
                ("placed_at", models.DateTimeField()),
                ("approved_by", models.UUIDField(blank=True, null=True)),
                ("approved_at", models.DateTimeField(blank=True, null=True)),
                ("reviewed_at", models.DateTimeField()),
                ("review_at", models.DateTimeField()),
                ("released_by", models.UUIDField(blank=True, null=True)),
                ("released_at", models.DateTimeField(blank=True, null=True)),
                ("release_reason", models.TextField(blank=True, max_length=2000, null=True)),
                (
                    "platform",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="holds",
                        to="core.platform",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("released_at", None)),
                        fields=["scope", "scope_id"],
                        name="hold_standing",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("approved_by__isnull", True),
                            models.Q(("approved_by", models.F("placed_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="hold_is_approved_by_another_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("approved_at__isnull", True), ("approved_by__isnull", True)),
                            models.Q(
                                ("approved_at__isnull", False), ("approved_by__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="hold_is_approved_by_whom_and_when",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                models.Q(
                                    ("release_reason__isnull", True),
                                    ("released_at__isnull", True),
                                    ("released_by__isnull", True),
                                ),
                                models.Q(
                                    ("release_reason__isnull", False),
                                    ("released_at__isnull", False),
                                    ("released_by__isnull", False),
                                ),
                                _connector="OR",
                            ),
                            models.Q(("release_reason", ""), _negated=True),
                        ),
                        name="hold_ends_only_with_who_and_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("review_at__gt", models.F("reviewed_at")),
                            (
                                "review_at__lte",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("reviewed_at"),
                                    "+",
                                    models.Value(datetime.timedelta(days=90)),
                                ),
                            ),
                        ),
                        name="hold_is_reviewed_within_ninety_days",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("matter", ""), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                        ),
                        name="hold_states_its_matter_and_reason",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="hold",
            trigger=pgtrigger.compiler.Trigger(
                name="hold_keeps_its_scope",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF (TRUE) AND (OLD.platform_id, OLD.scope, OLD.scope_id, OLD.matter, OLD.reason, OLD.placed_by, OLD.placed_at) IS DISTINCT FROM (NEW.platform_id, NEW.scope, NEW.scope_id, NEW.matter, NEW.reason, NEW.placed_by, NEW.placed_at) THEN\n                RAISE EXCEPTION 'hold_keeps_its_scope'\n                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'hold_keeps_its_scope';\n            END IF;\n            RETURN NEW;\n        ",
                    hash="aad0514fe9d1002a7f66cdef142c961aec64e69e",
                    operation="UPDATE",
                    pgid="pgtrigger_hold_keeps_its_scope_d39b9",
                    table="core_hold",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="hold",
            trigger=pgtrigger.compiler.Trigger(
                name="released_hold_stays_released",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF (OLD.released_at IS NOT NULL) AND (OLD.released_by, OLD.released_at, OLD.release_reason) IS DISTINCT FROM (NEW.released_by, NEW.released_at, NEW.release_reason) THEN\n                RAISE EXCEPTION 'released_hold_stays_released'\n                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'released_hold_stays_released';\n            END IF;\n            RETURN NEW;\n        ",
                    hash="97e403051780f00a1eb59dfe3d8925404756d82d",
                    operation="UPDATE",
                    pgid="pgtrigger_released_hold_stays_released_0e1cd",
                    table="core_hold",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="OutboxEvent",
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
                ("type", models.CharField(max_length=80)),
                ("subject", models.CharField(max_length=200)),
                ("data", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField()),
                ("fanned_out_at", models.DateTimeField(null=True)),
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
                "indexes": [
                    models.Index(
                        condition=models.Q(("fanned_out_at", None)),
                        fields=["created_at"],
                        name="outbox_waiting",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PurgeCertificate",
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
                    "number",
                    models.BigIntegerField(
                        db_default=models.Func(
                            models.Value("core_certificate_number"), function="nextval"
                        ),
                        editable=False,
                        unique=True,
                    ),
                ),
                ("deleted", models.PositiveBigIntegerField()),
                ("kept", models.PositiveBigIntegerField()),
                ("document", models.JSONField()),
                ("sha256", models.CharField(max_length=64)),
                ("signature", models.CharField(max_length=88)),
                ("key_id", models.CharField(max_length=32)),
                ("issued_at", models.DateTimeField()),
                (
                    "run",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="certificate",
                        to="core.purgerun",
                    ),
                ),
            ],
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="purgecertificate",
            trigger=pgtrigger.compiler.Trigger(
                name="certificate_is_append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                IF TG_OP = 'DELETE' AND current_setting('accord.purging', true) = 'on' THEN\n                    RETURN OLD;\n                END IF;\n                RAISE EXCEPTION 'certificate_is_append_only: rows are added, never changed'\n                    USING ERRCODE = 'integrity_constraint_violation',\n                          CONSTRAINT = 'certificate_is_append_only';\n            ",
                    hash="982629e18685164e5ffa3be1049178177b3edb97",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_certificate_is_append_only_840d2",
                    table="core_purgecertificate",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="purgecertificate",
            trigger=pgtrigger.compiler.Trigger(
                name="certificate_is_never_truncated",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                RAISE EXCEPTION 'certificate_is_never_truncated: rows are added, never changed'\n                    USING ERRCODE = 'integrity_constraint_violation',\n                          CONSTRAINT = 'certificate_is_never_truncated';\n            ",
                    hash="56c26818adb83ccf26d1dc933a2dd6576f462bbb",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_certificate_is_never_truncated_ba5bf",
                    table="core_purgecertificate",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="WebhookEndpoint",
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
                ("url", models.URLField(max_length=500)),
                ("secret", portal.core.fields.EncryptedTextField()),
                ("previous_secret", portal.core.fields.EncryptedTextField(blank=True, null=True)),
                (
                    "event_types",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=80),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("disabled_at", models.DateTimeField(blank=True, null=True)),
                ("disabled_reason", models.CharField(blank=True, max_length=200)),
                (
                    "platform",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="endpoints",
                        to="core.platform",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("platform", "url"), name="endpoint_url_is_registered_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="WebhookDelivery",
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
                    "state",
                    models.CharField(
                        choices=[
                            ("WAITING", "Waiting"),
                            ("DELIVERED", "Delivered"),
                            ("PARKED", "Parked"),
                        ],
                        default="WAITING",
                        max_length=12,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_attempt_at", models.DateTimeField()),
                ("leased_until", models.DateTimeField(null=True)),
                ("delivered_at", models.DateTimeField(null=True)),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="core.outboxevent",
                    ),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="core.webhookendpoint",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "webhook deliveries",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "WAITING")),
                        fields=["next_attempt_at"],
                        name="delivery_due",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("event", "endpoint"), name="event_reaches_an_endpoint_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("delivered_at__isnull", False), ("state", "DELIVERED")),
                            models.Q(
                                models.Q(("state", "DELIVERED"), _negated=True),
                                ("delivered_at__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="delivered_means_a_delivery_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DeliveryAttempt",
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
                ("at", models.DateTimeField()),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("error", models.CharField(blank=True, max_length=200)),
                ("duration_ms", models.PositiveIntegerField()),
                (
                    "delivery",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attempt_rows",
                        to="core.webhookdelivery",
                    ),
                ),
            ],
        ),
    ]
