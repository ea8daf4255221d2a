import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.contrib.postgres.indexes
import django.db.models.constraints
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
import portal.core.fields
import portal.core.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("credit", "0001_tables"),
    ]

    operations = [
        migrations.CreateModel(
            name="LogEntry",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "occurred_at",
                        "event_key",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("occurred_at", models.DateTimeField()),
                ("event_key", models.UUIDField()),
                ("platform_id", models.UUIDField()),
                ("source", models.CharField(max_length=200)),
                ("event_id", models.CharField(max_length=200)),
                ("kind", models.CharField(max_length=40)),
                ("group_id", models.UUIDField(null=True)),
                ("actor_id", models.UUIDField(null=True)),
                ("subject_id", models.UUIDField(null=True)),
                ("role", models.CharField(max_length=40, null=True)),
                ("old_role", models.CharField(max_length=40, null=True)),
                ("reason", models.CharField(max_length=500, null=True)),
                ("until", models.DateTimeField(null=True)),
                ("caused_by", models.CharField(max_length=200, null=True)),
                ("attributes", models.JSONField(null=True)),
                ("sequence", models.BigIntegerField(default=0)),
                ("received_at", models.DateTimeField()),
            ],
            options={
                "verbose_name_plural": "log entries",
                "db_table": "groups_logentry",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Duties",
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
                ("version", models.PositiveIntegerField()),
                ("language", models.CharField(default="en", max_length=8)),
                ("text", models.TextField()),
                ("published_at", models.DateTimeField()),
                (
                    "platform",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="duties",
                        to="core.platform",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "duties",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("platform", "version", "language"),
                        name="a_version_of_duties_is_published_once",
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="duties",
            trigger=pgtrigger.compiler.Trigger(
                name="published_duties_keep_their_text",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF (TRUE) AND (OLD.version, OLD.language, OLD.text) IS DISTINCT FROM (NEW.version, NEW.language, NEW.text) THEN\n                RAISE EXCEPTION 'published_duties_keep_their_text'\n                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'published_duties_keep_their_text';\n            END IF;\n            RETURN NEW;\n        ",
                    hash="6aa8fdc849315ea09d1a068c043e44a601808509",
                    operation="UPDATE",
                    pgid="pgtrigger_published_duties_keep_their_text_e3da3",
                    table="groups_duties",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="Group",
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
                ("external_id", models.CharField(max_length=200)),
                ("name", models.CharField(blank=True, max_length=200)),
                ("language", models.CharField(blank=True, max_length=8)),
                ("size", models.PositiveIntegerField(blank=True, null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("ACTIVE", "Active"),
                            ("ORPHANED", "Without an owner"),
                            ("FROZEN", "Frozen"),
                            ("CLOSED", "Closed"),
                        ],
                        default="ORPHANED",
                        max_length=8,
                    ),
                ),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
                ("frozen_at", models.DateTimeField(blank=True, null=True)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("orphaned_at", models.DateTimeField(blank=True, null=True)),
                ("claim_due_at", models.DateTimeField(blank=True, null=True)),
                ("has_imported_history", models.BooleanField(default=False)),
                ("first_seen_at", models.DateTimeField()),
                (
                    "platform",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="groups",
                        to="core.platform",
                    ),
                ),
                ("named_at", models.DateTimeField(blank=True, null=True)),
                ("sized_at", models.DateTimeField(blank=True, null=True)),
                ("known_from", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "permissions": [("answer_cases", "Answer cases of this group")],
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("platform", "external_id"),
                        name="a_group_is_known_once_on_a_platform",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("external_id", ""), _negated=True),
                        name="a_group_has_an_external_id",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "ORPHANED"), _negated=True),
                            models.Q(
                                ("claim_due_at__isnull", False), ("orphaned_at__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="an_orphaned_group_has_a_claim_deadline",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "FROZEN"), _negated=True),
                            ("frozen_at__isnull", False),
                            _connector="OR",
                        ),
                        name="a_frozen_group_says_since_when",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "CLOSED"), _negated=True),
                            ("closed_at__isnull", False),
                            ("archived_at__isnull", False),
                            _connector="OR",
                        ),
                        name="a_closed_group_says_since_when",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="group",
            trigger=pgtrigger.compiler.Trigger(
                name="group_state_changes_by_legal_steps",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."state" IS DISTINCT FROM (NEW."state"))',
                    func="\n            IF (OLD.state, NEW.state) NOT IN (('ACTIVE', 'ORPHANED'), ('ACTIVE', 'FROZEN'), ('ACTIVE', 'CLOSED'), ('ORPHANED', 'ACTIVE'), ('ORPHANED', 'FROZEN'), ('ORPHANED', 'CLOSED'), ('FROZEN', 'ACTIVE'), ('FROZEN', 'ORPHANED'), ('FROZEN', 'CLOSED'), ('CLOSED', 'ACTIVE'), ('CLOSED', 'ORPHANED'), ('CLOSED', 'FROZEN')) THEN\n                RAISE EXCEPTION 'group_state_changes_by_legal_steps: % to %', OLD.state, NEW.state\n                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'group_state_changes_by_legal_steps';\n            END IF;\n            RETURN NEW;\n        ",
                    hash="63532c07d73c801fc5db4a39951feb676fcc6ffb",
                    operation='UPDATE OF "state"',
                    pgid="pgtrigger_group_state_changes_by_legal_steps_a1a91",
                    table="groups_group",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="HeldLogEntry",
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
                ("platform_id", models.UUIDField()),
                ("group_id", models.UUIDField(null=True)),
                ("actor_id", models.UUIDField(null=True)),
                ("subject_id", models.UUIDField(null=True)),
                ("occurred_at", models.DateTimeField()),
                ("event_key", models.UUIDField()),
                ("row", models.JSONField()),
                ("copied_at", models.DateTimeField()),
                (
                    "hold",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="core.hold",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "held log entries",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("hold", "event_key", "occurred_at"),
                        name="a_held_event_is_copied_once_per_hold",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ImportRun",
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
                ("file_sha256", models.CharField(max_length=64)),
                ("file_name", models.CharField(max_length=200)),
                ("with_history", models.BooleanField()),
                ("rebased_by", models.DurationField(null=True)),
                ("lines_done", models.PositiveIntegerField(default=0)),
                ("accepted", models.PositiveIntegerField(default=0)),
                ("duplicate", models.PositiveIntegerField(default=0)),
                ("refused", models.PositiveIntegerField(default=0)),
                ("not_logged", models.PositiveIntegerField(default=0)),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "platform",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="imports",
                        to="core.platform",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("platform", "file_sha256"),
                        name="a_file_is_imported_once_per_platform",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="NoticeTemplate",
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
                            ("CASE_OPENED", "A report needs an answer"),
                            ("CASE_ESCALATED", "An answer is overdue"),
                            ("DECISION", "A decision was taken"),
                            ("REPORT_RECEIVED", "Your report was received"),
                            ("REPORT_DECIDED", "Your report was decided"),
                            ("APPEAL_RECEIVED", "Your appeal was received"),
                            ("APPEAL_DECIDED", "Your appeal was decided"),
                            ("TENURE_ENDED", "Your role ended"),
                            ("TENURE_BEGAN", "You became responsible"),
                            ("VERIFICATION", "About your verification"),
                        ],
                        max_length=16,
                    ),
                ),
                ("rule_code", models.CharField(blank=True, max_length=20)),
                ("measure_kind", models.CharField(blank=True, max_length=12)),
                ("language", models.CharField(max_length=8)),
                ("version", models.PositiveIntegerField()),
                ("subject", models.CharField(max_length=200)),
                ("body", models.TextField()),
                ("published_at", models.DateTimeField()),
                ("retired_at", models.DateTimeField(blank=True, null=True)),
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
                        fields=(
                            "platform",
                            "kind",
                            "rule_code",
                            "measure_kind",
                            "language",
                            "version",
                        ),
                        name="a_template_version_is_published_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("retired_at", None)),
                        fields=("platform", "kind", "rule_code", "measure_kind", "language"),
                        name="one_version_of_a_template_is_in_use",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="noticetemplate",
            trigger=pgtrigger.compiler.Trigger(
                name="a_published_template_keeps_its_words",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF (TRUE) AND (OLD.subject, OLD.body, OLD.language) IS DISTINCT FROM (NEW.subject, NEW.body, NEW.language) THEN\n                RAISE EXCEPTION 'a_published_template_keeps_its_words'\n                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'a_published_template_keeps_its_words';\n            END IF;\n            RETURN NEW;\n        ",
                    hash="aac51d627a4f5134cdc56bdffa0c1ae92849bfe5",
                    operation="UPDATE",
                    pgid="pgtrigger_a_published_template_keeps_its_words_d367a",
                    table="groups_noticetemplate",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="Rule",
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
                ("code", models.CharField(max_length=20)),
                ("version", models.PositiveIntegerField()),
                ("title", models.CharField(max_length=120)),
                ("text", models.TextField()),
                (
                    "severity",
                    models.CharField(
                        choices=[
                            ("LOW", "Low"),
                            ("MEDIUM", "Medium"),
                            ("HIGH", "High"),
                            ("CRITICAL", "Critical"),
                        ],
                        max_length=8,
                    ),
                ),
                ("response_hours", models.PositiveIntegerField()),
                ("staff_hours", models.PositiveIntegerField()),
                ("skips_owner", models.BooleanField(default=False)),
                ("dsa_category", models.CharField(max_length=80)),
                ("dsa_keyword", models.CharField(blank=True, max_length=80)),
                ("published_at", models.DateTimeField()),
                ("retired_at", models.DateTimeField(blank=True, null=True)),
                (
                    "platform",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rules",
                        to="core.platform",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("platform", "code", "version"),
                        name="a_rule_version_is_published_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("retired_at", None)),
                        fields=("platform", "code"),
                        name="one_version_of_a_rule_is_in_force",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="rule",
            trigger=pgtrigger.compiler.Trigger(
                name="a_published_rule_keeps_its_terms",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF (TRUE) AND (OLD.code, OLD.version, OLD.title, OLD.text, OLD.severity, OLD.response_hours, OLD.staff_hours, OLD.skips_owner, OLD.dsa_category, OLD.dsa_keyword) IS DISTINCT FROM (NEW.code, NEW.version, NEW.title, NEW.text, NEW.severity, NEW.response_hours, NEW.staff_hours, NEW.skips_owner, NEW.dsa_category, NEW.dsa_keyword) THEN\n                RAISE EXCEPTION 'a_published_rule_keeps_its_terms'\n                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'a_published_rule_keeps_its_terms';\n            END IF;\n            RETURN NEW;\n        ",
                    hash="b8ddc903314437864d10ab88ab431e728332a8c9",
                    operation="UPDATE",
                    pgid="pgtrigger_a_published_rule_keeps_its_terms_06771",
                    table="groups_rule",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="EventKey",
            fields=[
                ("event_key", models.UUIDField(primary_key=True, serialize=False)),
                ("platform_id", models.UUIDField()),
                ("occurred_at", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.BrinIndex(
                        fields=["occurred_at"], name="event_key_by_day"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Case",
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
                            models.Value("groups_case_number"), function="nextval"
                        ),
                        editable=False,
                        unique=True,
                    ),
                ),
                (
                    "severity",
                    models.CharField(
                        choices=[
                            ("LOW", "Low"),
                            ("MEDIUM", "Medium"),
                            ("HIGH", "High"),
                            ("CRITICAL", "Critical"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("WITH_OWNER", "With the owner"),
                            ("WITH_STAFF", "With staff"),
                            ("WITH_SENIOR", "With senior staff"),
                            ("DECIDED", "Decided"),
                            ("CLOSED", "Closed"),
                        ],
                        max_length=12,
                    ),
                ),
                ("due_at", models.DateTimeField(null=True)),
                ("breached_at", models.DateTimeField(null=True)),
                ("version", models.PositiveIntegerField(default=1)),
                ("leased_until", models.DateTimeField(null=True)),
                ("opened_at", models.DateTimeField()),
                ("answered_at", models.DateTimeField(null=True)),
                ("decided_at", models.DateTimeField(null=True)),
                ("closed_at", models.DateTimeField(null=True)),
                (
                    "assignee",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "owner_at_opening",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="identity.account",
                    ),
                ),
                (
                    "platform",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="core.platform",
                    ),
                ),
                (
                    "subject",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cases_about",
                        to="identity.account",
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cases",
                        to="groups.group",
                    ),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="groups.rule",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(
                            ("state__in", ["WITH_OWNER", "WITH_STAFF", "WITH_SENIOR"])
                        ),
                        fields=["due_at"],
                        name="case_due",
                    ),
                    models.Index(fields=["platform", "state", "due_at"], name="case_queue"),
                    models.Index(fields=["group", "-opened_at"], name="case_by_group"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("state__in", ["WITH_OWNER", "WITH_STAFF", "WITH_SENIOR"])
                        ),
                        fields=("group", "subject", "rule"),
                        name="one_open_case_per_group_subject_and_rule",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["DECIDED", "CLOSED"]),
                            ("due_at__isnull", False),
                            _connector="OR",
                        ),
                        name="an_open_case_has_a_deadline",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["DECIDED", "CLOSED"]), _negated=True),
                            ("decided_at__isnull", False),
                            _connector="OR",
                        ),
                        name="a_decided_case_says_since_when",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "CLOSED"), _negated=True),
                            ("closed_at__isnull", False),
                            _connector="OR",
                        ),
                        name="a_closed_case_says_since_when",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("assignee__isnull", True), ("leased_until__isnull", True)),
                            models.Q(("assignee__isnull", False), ("leased_until__isnull", False)),
                            _connector="OR",
                        ),
                        name="a_case_is_claimed_with_a_lease",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="case",
            trigger=pgtrigger.compiler.Trigger(
                name="case_moves_by_legal_steps",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."state" IS DISTINCT FROM (NEW."state"))',
                    func="\n            IF (OLD.state, NEW.state) NOT IN (('WITH_OWNER', 'WITH_STAFF'), ('WITH_OWNER', 'WITH_SENIOR'), ('WITH_STAFF', 'WITH_SENIOR'), ('WITH_SENIOR', 'WITH_STAFF'), ('WITH_STAFF', 'DECIDED'), ('WITH_SENIOR', 'DECIDED'), ('DECIDED', 'CLOSED')) THEN\n                RAISE EXCEPTION 'case_moves_by_legal_steps: % to %', OLD.state, NEW.state\n                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'case_moves_by_legal_steps';\n            END IF;\n            RETURN NEW;\n        ",
                    hash="da91eea51d9e5f3b5935129f34d81113e55026b2",
                    operation='UPDATE OF "state"',
                    pgid="pgtrigger_case_moves_by_legal_steps_0f8f1",
                    table="groups_case",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="case",
            trigger=pgtrigger.compiler.Trigger(
                name="a_missed_deadline_is_recorded_once",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF (OLD.breached_at IS NOT NULL) AND (OLD.breached_at) IS DISTINCT FROM (NEW.breached_at) THEN\n                RAISE EXCEPTION 'a_missed_deadline_is_recorded_once'\n                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'a_missed_deadline_is_recorded_once';\n            END IF;\n            RETURN NEW;\n        ",
                    hash="c7c7c7da890340476e03c7210e40b5282fa90bf0",
                    operation="UPDATE",
                    pgid="pgtrigger_a_missed_deadline_is_recorded_once_4b84c",
                    table="groups_case",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="case",
            trigger=pgtrigger.compiler.Trigger(
                name="a_case_keeps_what_it_is_about",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF (TRUE) AND (OLD.platform_id, OLD.group_id, OLD.subject_id, OLD.rule_id, OLD.opened_at, OLD.number) IS DISTINCT FROM (NEW.platform_id, NEW.group_id, NEW.subject_id, NEW.rule_id, NEW.opened_at, NEW.number) THEN\n                RAISE EXCEPTION 'a_case_keeps_what_it_is_about'\n                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'a_case_keeps_what_it_is_about';\n            END IF;\n            RETURN NEW;\n        ",
                    hash="664c5379324cec6490ad519385a1d2316d772ef4",
                    operation="UPDATE",
                    pgid="pgtrigger_a_case_keeps_what_it_is_about_50744",
                    table="groups_case",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="Claim",
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
                            ("OFFERED", "Waiting"),
                            ("ACCEPTED", "Accepted"),
                            ("DECLINED", "Declined"),
                            ("CANCELLED", "Cancelled"),
                            ("EXPIRED", "Expired"),
                        ],
                        default="OFFERED",
                        max_length=10,
                    ),
                ),
                ("claimed_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="identity.account",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="claims",
                        to="groups.group",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "OFFERED")),
                        fields=("group", "account"),
                        name="one_open_claim_per_group_and_account",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at__isnull", True), ("state", "OFFERED")),
                            models.Q(
                                models.Q(("state", "OFFERED"), _negated=True),
                                ("ended_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="a_claim_that_ended_says_when",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="claim",
            trigger=pgtrigger.compiler.Trigger(
                name="a_claim_ends_once",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."state" IS DISTINCT FROM (NEW."state"))',
                    func="\n            IF (OLD.state, NEW.state) NOT IN (('OFFERED', 'ACCEPTED'), ('OFFERED', 'DECLINED'), ('OFFERED', 'CANCELLED'), ('OFFERED', 'EXPIRED')) THEN\n                RAISE EXCEPTION 'a_claim_ends_once: % to %', OLD.state, NEW.state\n                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'a_claim_ends_once';\n            END IF;\n            RETURN NEW;\n        ",
                    hash="4493659898501d2648b8e7884895314971521ff3",
                    operation='UPDATE OF "state"',
                    pgid="pgtrigger_a_claim_ends_once_2ec6d",
                    table="groups_claim",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="Acknowledgement",
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
                ("acknowledged_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="identity.account",
                    ),
                ),
                (
                    "duties",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="groups.duties",
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="acknowledgements",
                        to="groups.group",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("group", "account", "duties"),
                        name="duties_are_acknowledged_once_per_group",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="GroupGroupObjectPermission",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "content_object",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="groups.group"
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="auth.group"),
                ),
                (
                    "permission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="auth.permission"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "unique_together": {("group", "permission", "content_object")},
            },
        ),
        migrations.CreateModel(
            name="GroupUserObjectPermission",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "content_object",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="groups.group"
                    ),
                ),
                (
                    "permission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="auth.permission"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "abstract": False,
                "unique_together": {("user", "permission", "content_object")},
            },
        ),
        migrations.CreateModel(
            name="RoleEvent",
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
                ("event_key", models.UUIDField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("GRANTED", "Granted"),
                            ("REVOKED", "Revoked"),
                            ("LEFT", "Left the group"),
                            ("REMOVED", "Removed from the group"),
                            ("ARCHIVED", "Group archived"),
                            ("RESTORED", "Group restored"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[("OWNER", "Owner"), ("MANAGER", "Manager")],
                        max_length=8,
                        null=True,
                    ),
                ),
                ("occurred_at", models.DateTimeField()),
                ("sequence", models.BigIntegerField(default=0)),
                (
                    "origin",
                    models.CharField(
                        choices=[("PLATFORM", "Platform"), ("ACCORD", "Accord")],
                        default="PLATFORM",
                        max_length=8,
                    ),
                ),
                ("caused_by", models.UUIDField(null=True)),
                ("is_history", models.BooleanField(default=False)),
                (
                    "account",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="role_events",
                        to="identity.account",
                    ),
                ),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="identity.account",
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="role_events",
                        to="groups.group",
                    ),
                ),
                (
                    "platform",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="core.platform",
                    ),
                ),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("DECISION", "Decision"),
                            ("REVERSAL", "Reversal of a decision"),
                            ("TRANSFER", "Transfer"),
                            ("CLAIM", "Claim"),
                        ],
                        max_length=8,
                        null=True,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["group", "occurred_at", "sequence"], name="role_event_fold"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("platform", "event_key"), name="a_role_event_is_stored_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("account__isnull", True), ("kind__in", ["ARCHIVED", "RESTORED"])
                            ),
                            models.Q(
                                models.Q(("kind__in", ["ARCHIVED", "RESTORED"]), _negated=True),
                                ("account__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="a_role_event_names_its_account_unless_about_the_group",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind__in", ["GRANTED", "REVOKED"]), _negated=True),
                            ("role__isnull", False),
                            _connector="OR",
                        ),
                        name="a_grant_or_revocation_names_its_role",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("cause__isnull", True), ("origin", "PLATFORM")),
                            models.Q(
                                ("cause__isnull", False),
                                ("caused_by__isnull", False),
                                ("origin", "ACCORD"),
                            ),
                            _connector="OR",
                        ),
                        name="a_role_event_of_accord_says_what_led_to_it",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Tenure",
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
                    "role",
                    models.CharField(
                        choices=[
                            ("OWNER", "Owner"),
                            ("CO_OWNER", "Co-owner"),
                            ("MANAGER", "Manager"),
                        ],
                        max_length=8,
                    ),
                ),
                ("period", django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                (
                    "began",
                    models.CharField(
                        choices=[
                            ("GRANTED", "Granted on the platform"),
                            ("SUCCEEDED", "Succeeded as longest-serving co-owner"),
                            ("STEPPED_BACK", "Became co-owner beside an earlier owner"),
                            ("TRANSFERRED", "Ownership transferred"),
                            ("CLAIMED", "Claimed a group without an owner"),
                            ("REINSTATED", "Reinstated after an appeal"),
                        ],
                        max_length=12,
                    ),
                ),
                ("began_event", models.UUIDField()),
                (
                    "ended",
                    models.CharField(
                        choices=[
                            ("REVOKED", "Revoked on the platform"),
                            ("CHANGED_ROLE", "Took another role"),
                            ("SUCCEEDED", "Became owner"),
                            ("LEFT", "Left the group"),
                            ("REMOVED", "Removed from the group"),
                            ("GROUP_ARCHIVED", "Group archived"),
                            ("TRANSFERRED", "Ownership transferred"),
                            ("DECISION", "Ended by a decision"),
                        ],
                        max_length=14,
                        null=True,
                    ),
                ),
                ("ended_event", models.UUIDField(null=True)),
                ("is_history", models.BooleanField(default=False)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tenures",
                        to="identity.account",
                    ),
                ),
                (
                    "began_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="identity.account",
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="identity.account",
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tenures",
                        to="groups.group",
                    ),
                ),
                (
                    "platform",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="core.platform",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("ended__isnull", True)),
                        fields=["account"],
                        name="tenure_current",
                    ),
                    models.Index(
                        models.Func("period", function="upper"),
                        condition=models.Q(("ended__isnull", False)),
                        name="tenure_by_end",
                    ),
                ],
                "constraints": [
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(("role", "OWNER")),
                        deferrable=django.db.models.constraints.Deferrable["IMMEDIATE"],
                        expressions=[("group", "="), ("period", "&&")],
                        name="one_owner_at_any_instant",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        deferrable=django.db.models.constraints.Deferrable["IMMEDIATE"],
                        expressions=[("group", "="), ("account", "="), ("period", "&&")],
                        name="no_overlapping_tenures_of_one_account_in_a_group",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("period__isempty", False), ("period__lower_inf", False)
                        ),
                        name="a_tenure_lasts_some_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("ended__isnull", True),
                                ("ended_event__isnull", True),
                                ("period__upper_inf", True),
                            ),
                            models.Q(
                                ("ended__isnull", False),
                                ("ended_event__isnull", False),
                                ("period__upper_inf", False),
                            ),
                            _connector="OR",
                        ),
                        name="a_tenure_that_ended_says_how",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Transfer",
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
                            ("OFFERED", "Offered"),
                            ("ACCEPTED", "Accepted"),
                            ("DECLINED", "Declined"),
                            ("CANCELLED", "Cancelled"),
                            ("EXPIRED", "Expired"),
                        ],
                        default="OFFERED",
                        max_length=10,
                    ),
                ),
                ("offered_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "from_account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="identity.account",
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="transfers",
                        to="groups.group",
                    ),
                ),
                (
                    "to_account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="identity.account",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "OFFERED")),
                        fields=("group",),
                        name="one_open_transfer_per_group",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("to_account", models.F("from_account")), _negated=True),
                        name="a_group_is_offered_to_somebody_else",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at__isnull", True), ("state", "OFFERED")),
                            models.Q(
                                models.Q(("state", "OFFERED"), _negated=True),
                                ("ended_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="a_transfer_that_ended_says_when",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="transfer",
            trigger=pgtrigger.compiler.Trigger(
                name="a_transfer_ends_once",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."state" IS DISTINCT FROM (NEW."state"))',
                    func="\n            IF (OLD.state, NEW.state) NOT IN (('OFFERED', 'ACCEPTED'), ('OFFERED', 'DECLINED'), ('OFFERED', 'CANCELLED'), ('OFFERED', 'EXPIRED')) THEN\n                RAISE EXCEPTION 'a_transfer_ends_once: % to %', OLD.state, NEW.state\n                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'a_transfer_ends_once';\n            END IF;\n            RETURN NEW;\n        ",
                    hash="ee5f14719b069aad770180470b6aaa05f2ad33c5",
                    operation='UPDATE OF "state"',
                    pgid="pgtrigger_a_transfer_ends_once_41b3b",
                    table="groups_transfer",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="Decision",
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
                            models.Value("groups_decision_number"), function="nextval"
                        ),
                        editable=False,
                        unique=True,
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("DISMISSED", "Not upheld"),
                            ("OWNER_HANDLED", "Upheld, handled by the owner"),
                            ("MEASURES", "Upheld, with measures"),
                        ],
                        max_length=14,
                    ),
                ),
                (
                    "ground",
                    models.CharField(
                        choices=[
                            ("INCOMPATIBLE_CONTENT", "Against the published rules"),
                            ("ILLEGAL_CONTENT", "Illegal"),
                        ],
                        max_length=20,
                    ),
                ),
                ("legal_ground", models.CharField(blank=True, max_length=500)),
                ("facts", models.TextField(max_length=5000)),
                ("reasons", models.TextField(max_length=2000)),
                ("points", models.SmallIntegerField(default=0)),
                ("decided_at", models.DateTimeField()),
                ("needs_approval", models.BooleanField()),
                ("approved_at", models.DateTimeField(null=True)),
                ("returned_at", models.DateTimeField(null=True)),
                ("return_reason", models.TextField(max_length=2000, null=True)),
                ("effective_at", models.DateTimeField(null=True)),
                ("appealable_until", models.DateTimeField(null=True)),
                ("dsa_category", models.CharField(max_length=80)),
                ("dsa_keyword", models.CharField(blank=True, max_length=80)),
                ("source_type", models.CharField(max_length=40)),
                ("automated_detection", models.BooleanField(default=False)),
                (
                    "territorial_scope",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=2),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                ("content_language", models.CharField(blank=True, max_length=2)),
                ("noticed_at", models.DateTimeField()),
                (
                    "approved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to="groups.case",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "overrides",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="overridden_by",
                        to="groups.decision",
                    ),
                ),
                (
                    "platform",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="core.platform",
                    ),
                ),
                (
                    "policy",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="credit.policy",
                    ),
                ),
                (
                    "returned_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "subject_account",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions_about",
                        to="identity.account",
                    ),
                ),
                (
                    "subject_group",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions_about",
                        to="groups.group",
                    ),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="groups.rule",
                    ),
                ),
                ("foreseen", models.JSONField(default=dict)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("subject_account__isnull", False), ("subject_group__isnull", True)
                            ),
                            models.Q(
                                ("subject_account__isnull", True), ("subject_group__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="a_decision_has_exactly_one_subject",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("approved_by__isnull", True),
                            models.Q(("approved_by", models.F("decided_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="decider_and_approver_are_two_people",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("returned_by__isnull", True),
                            models.Q(("returned_by", models.F("decided_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="decider_and_returner_are_two_people",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("approved_at__isnull", True), ("approved_by__isnull", True)),
                            models.Q(
                                ("approved_at__isnull", False), ("approved_by__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="a_decision_is_approved_by_whom_and_when",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("return_reason__isnull", True),
                                ("returned_at__isnull", True),
                                ("returned_by__isnull", True),
                            ),
                            models.Q(
                                ("return_reason__isnull", False),
                                ("returned_at__isnull", False),
                                ("returned_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="a_decision_is_returned_by_whom_when_and_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("effective_at__isnull", True),
                            ("needs_approval", False),
                            ("approved_by__isnull", False),
                            _connector="OR",
                        ),
                        name="a_held_decision_takes_effect_only_when_approved",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("returned_at__isnull", True),
                            ("effective_at__isnull", True),
                            _connector="OR",
                        ),
                        name="a_returned_decision_never_takes_effect",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("facts", ""), _negated=True),
                            models.Q(("reasons", ""), _negated=True),
                        ),
                        name="a_decision_states_facts_and_reasons",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("points", 0),
                            models.Q(
                                ("outcome", "MEASURES"),
                                ("points__lt", 0),
                                ("subject_account__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="only_measures_against_an_account_cost_points",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("overrides__isnull", True), ("returned_at__isnull", True)
                        ),
                        fields=("case",),
                        name="a_case_has_one_first_decision",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("approved_by__isnull", True),
                            ("effective_at__isnull", False),
                            _connector="OR",
                        ),
                        name="approval_puts_a_decision_into_effect",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("returned_at__isnull", True),
                            ("overrides__isnull", True),
                            _connector="OR",
                        ),
                        name="a_returned_decision_overrides_nothing",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ground", "ILLEGAL_CONTENT"), _negated=True),
                            models.Q(("legal_ground", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="an_illegal_ground_names_the_law",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("effective_at__isnull", True),
                            models.Q(
                                ("appealable_until__gt", models.F("effective_at")),
                                ("appealable_until__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="a_decision_in_effect_says_until_when_it_can_be_appealed",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="decision",
            trigger=pgtrigger.compiler.Trigger(
                name="a_decision_in_effect_stays_in_effect",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF (OLD.effective_at IS NOT NULL) AND (OLD.effective_at, OLD.approved_by_id, OLD.approved_at, OLD.appealable_until) IS DISTINCT FROM (NEW.effective_at, NEW.approved_by_id, NEW.approved_at, NEW.appealable_until) THEN\n                RAISE EXCEPTION 'a_decision_in_effect_stays_in_effect'\n                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'a_decision_in_effect_stays_in_effect';\n            END IF;\n            RETURN NEW;\n        ",
                    hash="40786634210ca2966144d8bfc9ade14b9a8b2560",
                    operation="UPDATE",
                    pgid="pgtrigger_a_decision_in_effect_stays_in_effect_1b4ff",
                    table="groups_decision",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="decision",
            trigger=pgtrigger.compiler.Trigger(
                name="a_returned_decision_stays_returned",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF (OLD.returned_at IS NOT NULL) AND (OLD.returned_by_id, OLD.returned_at, OLD.return_reason) IS DISTINCT FROM (NEW.returned_by_id, NEW.returned_at, NEW.return_reason) THEN\n                RAISE EXCEPTION 'a_returned_decision_stays_returned'\n                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'a_returned_decision_stays_returned';\n            END IF;\n            RETURN NEW;\n        ",
                    hash="b0e0041758ebea1da68b63dfa6588fe287216cb5",
                    operation="UPDATE",
                    pgid="pgtrigger_a_returned_decision_stays_returned_e0083",
                    table="groups_decision",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="decision",
            trigger=pgtrigger.compiler.Trigger(
                name="an_override_is_decided_by_other_people",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (NEW."overrides_id" IS NOT NULL)',
                    func="\n                    IF EXISTS (\n                        \n                        WITH RECURSIVE earlier AS (\n                            SELECT d.* FROM groups_decision d WHERE d.id = NEW.overrides_id\n                            UNION ALL\n                            SELECT d.* FROM groups_decision d\n                            JOIN earlier e ON e.overrides_id = d.id)\n                        SELECT FROM earlier e\n                        WHERE NEW.decided_by_id IN (e.decided_by_id, e.approved_by_id)\n                           OR NEW.approved_by_id IN (e.decided_by_id, e.approved_by_id))\n                    THEN\n                        RAISE EXCEPTION 'an_override_is_decided_by_other_people'\n                            USING ERRCODE = 'integrity_constraint_violation',\n                                  CONSTRAINT = 'an_override_is_decided_by_other_people';\n                    END IF;\n                    RETURN NEW;\n                ",
                    hash="89555767ba71fa87bf8926ac7a15aa037f030617",
                    operation='INSERT OR UPDATE OF "approved_by_id"',
                    pgid="pgtrigger_an_override_is_decided_by_other_people_2ca16",
                    table="groups_decision",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="decision",
            trigger=pgtrigger.compiler.Trigger(
                name="a_decision_is_deleted_by_the_purge_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF current_setting('accord.purging', true) = 'on' THEN RETURN OLD; END IF;\n            RAISE EXCEPTION 'a_decision_is_deleted_by_the_purge_only'\n                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'a_decision_is_deleted_by_the_purge_only';\n        ",
                    hash="6b078ae255bf6448de1fcd9c97ee6b82445719e1",
                    operation="DELETE",
                    pgid="pgtrigger_a_decision_is_deleted_by_the_purge_only_5b76d",
                    table="groups_decision",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="decision",
            trigger=pgtrigger.compiler.Trigger(
                name="a_decision_is_never_rewritten",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF (TRUE) AND (OLD.number, OLD.platform_id, OLD.case_id, OLD.subject_account_id, OLD.subject_group_id, OLD.outcome, OLD.rule_id, OLD.ground, OLD.legal_ground, OLD.facts, OLD.reasons, OLD.points, OLD.policy_id, OLD.foreseen, OLD.decided_by_id, OLD.decided_at, OLD.needs_approval, OLD.dsa_category, OLD.dsa_keyword, OLD.source_type, OLD.automated_detection, OLD.territorial_scope, OLD.content_language, OLD.noticed_at) IS DISTINCT FROM (NEW.number, NEW.platform_id, NEW.case_id, NEW.subject_account_id, NEW.subject_group_id, NEW.outcome, NEW.rule_id, NEW.ground, NEW.legal_ground, NEW.facts, NEW.reasons, NEW.points, NEW.policy_id, NEW.foreseen, NEW.decided_by_id, NEW.decided_at, NEW.needs_approval, NEW.dsa_category, NEW.dsa_keyword, NEW.source_type, NEW.automated_detection, NEW.territorial_scope, NEW.content_language, NEW.noticed_at) THEN\n                RAISE EXCEPTION 'a_decision_is_never_rewritten'\n                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'a_decision_is_never_rewritten';\n            END IF;\n            RETURN NEW;\n        ",
                    hash="7caca94945b3c20c90954cee030b0d53bba17e73",
                    operation="UPDATE",
                    pgid="pgtrigger_a_decision_is_never_rewritten_66d25",
                    table="groups_decision",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="decision",
            trigger=pgtrigger.compiler.Trigger(
                name="an_override_lets_go_only_when_returned",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF (NEW.returned_at IS NULL OR OLD.returned_at IS NOT NULL OR NEW.overrides_id IS NOT NULL) AND (OLD.overrides_id) IS DISTINCT FROM (NEW.overrides_id) THEN\n                RAISE EXCEPTION 'an_override_lets_go_only_when_returned'\n                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'an_override_lets_go_only_when_returned';\n            END IF;\n            RETURN NEW;\n        ",
                    hash="deca5684359ebeaca0d929b82589ea8dfa7be757",
                    operation="UPDATE",
                    pgid="pgtrigger_an_override_lets_go_only_when_returned_dd617",
                    table="groups_decision",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="decision",
            trigger=pgtrigger.compiler.Trigger(
                name="nobody_decides_on_their_own_account_or_group",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                    IF EXISTS (\n                        SELECT FROM identity_account a\n                        WHERE a.user_id IN (NEW.decided_by_id, NEW.approved_by_id)\n                          AND (a.id = NEW.subject_account_id OR EXISTS (\n                            SELECT FROM groups_tenure t\n                            JOIN groups_case c ON c.group_id = t.group_id\n                            WHERE c.id = NEW.case_id AND t.account_id = a.id\n                              AND upper_inf(t.period))))\n                    THEN\n                        RAISE EXCEPTION 'nobody_decides_on_their_own_account_or_group'\n                            USING ERRCODE = 'integrity_constraint_violation',\n                                  CONSTRAINT = 'nobody_decides_on_their_own_account_or_group';\n                    END IF;\n                    RETURN NEW;\n                ",
                    hash="350747e1bcea957bc971aca73a08cf6fb3e8acf7",
                    operation='INSERT OR UPDATE OF "approved_by_id"',
                    pgid="pgtrigger_nobody_decides_on_their_own_account_or_group_be1a4",
                    table="groups_decision",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="Flag",
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
                ("external_id", models.CharField(max_length=200, null=True)),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("NOTICE", "Notice by a person"),
                            ("TRUSTED_FLAGGER", "Notice by a trusted flagger"),
                            ("PLATFORM", "The platform's own initiative"),
                        ],
                        default="NOTICE",
                        max_length=16,
                    ),
                ),
                ("statement", portal.core.fields.EncryptedTextField()),
                ("received_at", models.DateTimeField()),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="flags",
                        to="groups.case",
                    ),
                ),
                (
                    "platform",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="core.platform",
                    ),
                ),
                (
                    "reporter",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="flags_sent",
                        to="identity.account",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("platform", "external_id"), name="a_flag_is_taken_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CaseEntry",
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
                            ("OPENED", "Opened"),
                            ("FLAGGED", "Reported again"),
                            ("ANSWERED", "Answered by the group"),
                            ("NOTE", "Internal note"),
                            ("CLAIMED", "Claimed"),
                            ("RELEASED", "Released"),
                            ("ESCALATED", "Escalated"),
                            ("PROPOSED", "Decision waits for a second person"),
                            ("RETURNED", "Decision returned by the second person"),
                            ("DECIDED", "Decided"),
                            ("APPEALED", "Appealed"),
                            ("APPEAL_DECIDED", "Appeal decided"),
                            ("CLOSED", "Closed"),
                        ],
                        max_length=14,
                    ),
                ),
                ("is_public", models.BooleanField()),
                ("at", models.DateTimeField()),
                ("body", portal.core.fields.EncryptedTextField(blank=True)),
                (
                    "left_state",
                    models.CharField(
                        choices=[
                            ("WITH_OWNER", "With the owner"),
                            ("WITH_STAFF", "With staff"),
                            ("WITH_SENIOR", "With senior staff"),
                            ("DECIDED", "Decided"),
                            ("CLOSED", "Closed"),
                        ],
                        max_length=12,
                        null=True,
                    ),
                ),
                ("cause_type", models.CharField(blank=True, max_length=40)),
                ("cause_id", models.UUIDField(null=True)),
                (
                    "by_account",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="identity.account",
                    ),
                ),
                (
                    "by_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="timeline",
                        to="groups.case",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "case entries",
                "indexes": [models.Index(fields=["case", "at"], name="timeline_of_a_case")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "ESCALATED")),
                        fields=("case", "left_state"),
                        name="a_case_escalates_once_per_level",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "ESCALATED"), _negated=True),
                            ("left_state__isnull", False),
                            _connector="OR",
                        ),
                        name="an_escalation_says_which_level_it_left",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="caseentry",
            trigger=pgtrigger.compiler.Trigger(
                name="timeline_is_append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                IF TG_OP = 'DELETE' AND current_setting('accord.purging', true) = 'on' THEN\n                    RETURN OLD;\n                END IF;\n                IF TG_OP = 'UPDATE' AND NOT (COALESCE(current_setting('accord.rotating', true), '') <> 'on')\n                    AND to_jsonb(OLD) - 'body' = to_jsonb(NEW) - 'body'\n                THEN\n                    RETURN NEW;\n                END IF;\n                RAISE EXCEPTION 'timeline_is_append_only: rows are added, never changed'\n                    USING ERRCODE = 'integrity_constraint_violation',\n                          CONSTRAINT = 'timeline_is_append_only';\n            ",
                    hash="88e40d28c0e8668867a2af26d3fece2c75fd54ed",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_timeline_is_append_only_8bb28",
                    table="groups_caseentry",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="caseentry",
            trigger=pgtrigger.compiler.Trigger(
                name="timeline_is_never_truncated",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                RAISE EXCEPTION 'timeline_is_never_truncated: rows are added, never changed'\n                    USING ERRCODE = 'integrity_constraint_violation',\n                          CONSTRAINT = 'timeline_is_never_truncated';\n            ",
                    hash="30d08d148ef963c1c27caff4e3c464a7b79c8e5f",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_timeline_is_never_truncated_b5e22",
                    table="groups_caseentry",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="Evidence",
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
                ("excerpt", portal.core.fields.EncryptedTextField()),
                ("sha256", models.CharField(max_length=64)),
                ("attached_at", models.DateTimeField()),
                (
                    "flag",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="evidence",
                        to="groups.flag",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "evidence",
            },
        ),
        migrations.CreateModel(
            name="Appeal",
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
                            models.Value("groups_appeal_number"), function="nextval"
                        ),
                        editable=False,
                        unique=True,
                    ),
                ),
                ("grounds", portal.core.fields.EncryptedTextField()),
                ("new_facts", portal.core.fields.EncryptedTextField(blank=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("SUBMITTED", "Submitted"),
                            ("IN_REVIEW", "In Review"),
                            ("UPHELD", "Decision upheld"),
                            ("PARTIALLY_REVERSED", "Decision partially reversed"),
                            ("REVERSED", "Decision reversed"),
                            ("OMITTED", "Not decided"),
                        ],
                        default="SUBMITTED",
                        max_length=18,
                    ),
                ),
                ("submitted_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("breached_at", models.DateTimeField(null=True)),
                ("version", models.PositiveIntegerField(default=1)),
                ("reviewed_at", models.DateTimeField(null=True)),
                ("outcome_reasons", models.TextField(blank=True, max_length=2000)),
                (
                    "appellant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="appeals",
                        to="identity.account",
                    ),
                ),
                (
                    "platform",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="core.platform",
                    ),
                ),
                (
                    "reviewer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "decision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="appeals",
                        to="groups.decision",
                    ),
                ),
                (
                    "resulting_decision",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="from_appeal",
                        to="groups.decision",
                    ),
                ),
                (
                    "flag",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="groups.flag",
                    ),
                ),
                (
                    "proposed_outcome",
                    models.CharField(
                        choices=[
                            ("PARTIALLY_REVERSED", "Decision partially reversed"),
                            ("REVERSED", "Decision reversed"),
                        ],
                        max_length=18,
                        null=True,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["SUBMITTED", "IN_REVIEW"])),
                        fields=["due_at"],
                        name="appeal_due",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["SUBMITTED", "IN_REVIEW"])),
                        fields=("decision", "appellant"),
                        name="one_open_appeal_per_appellant_and_decision",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["SUBMITTED", "IN_REVIEW", "OMITTED"]),
                            models.Q(
                                ("reviewed_at__isnull", False),
                                ("reviewer__isnull", False),
                                models.Q(("outcome_reasons", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="an_appeal_outcome_names_its_reviewer_and_reasons",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("resulting_decision__isnull", False),
                                ("state__in", ["REVERSED", "PARTIALLY_REVERSED"]),
                            ),
                            ("state", "IN_REVIEW"),
                            models.Q(
                                ("resulting_decision__isnull", True),
                                ("state__in", ["SUBMITTED", "UPHELD", "OMITTED"]),
                            ),
                            _connector="OR",
                        ),
                        name="a_reversal_on_appeal_leads_to_a_new_decision",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("proposed_outcome__isnull", False),
                                ("resulting_decision__isnull", False),
                                ("state", "IN_REVIEW"),
                            ),
                            models.Q(
                                ("proposed_outcome__isnull", True),
                                ("resulting_decision__isnull", True),
                                ("state", "IN_REVIEW"),
                            ),
                            models.Q(
                                models.Q(("state", "IN_REVIEW"), _negated=True),
                                ("proposed_outcome__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="a_reversal_that_waits_says_what_it_will_be",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "IN_REVIEW"), _negated=True),
                            ("reviewer__isnull", False),
                            _connector="OR",
                        ),
                        name="an_appeal_in_review_has_a_reviewer",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="appeal",
            trigger=pgtrigger.compiler.Trigger(
                name="appeal_moves_forward_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."state" IS DISTINCT FROM (NEW."state"))',
                    func="\n            IF (OLD.state, NEW.state) NOT IN (('SUBMITTED', 'IN_REVIEW'), ('SUBMITTED', 'OMITTED'), ('IN_REVIEW', 'SUBMITTED'), ('IN_REVIEW', 'UPHELD'), ('IN_REVIEW', 'PARTIALLY_REVERSED'), ('IN_REVIEW', 'REVERSED'), ('IN_REVIEW', 'OMITTED')) THEN\n                RAISE EXCEPTION 'appeal_moves_forward_only: % to %', OLD.state, NEW.state\n                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'appeal_moves_forward_only';\n            END IF;\n            RETURN NEW;\n        ",
                    hash="137bc7ae51c7e9fc92225dd4e829d3be8a9db9f0",
                    operation='UPDATE OF "state"',
                    pgid="pgtrigger_appeal_moves_forward_only_ef26b",
                    table="groups_appeal",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="appeal",
            trigger=pgtrigger.compiler.Trigger(
                name="an_appeal_keeps_its_words",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF (COALESCE(current_setting('accord.rotating', true), '') <> 'on') AND (OLD.grounds, OLD.new_facts) IS DISTINCT FROM (NEW.grounds, NEW.new_facts) THEN\n                RAISE EXCEPTION 'an_appeal_keeps_its_words'\n                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'an_appeal_keeps_its_words';\n            END IF;\n            RETURN NEW;\n        ",
                    hash="f38ab5051c1f1aad65a9612bf87fad494490e502",
                    operation="UPDATE",
                    pgid="pgtrigger_an_appeal_keeps_its_words_b7859",
                    table="groups_appeal",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="appeal",
            trigger=pgtrigger.compiler.Trigger(
                name="a_late_appeal_is_recorded_once",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF (OLD.breached_at IS NOT NULL) AND (OLD.breached_at) IS DISTINCT FROM (NEW.breached_at) THEN\n                RAISE EXCEPTION 'a_late_appeal_is_recorded_once'\n                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'a_late_appeal_is_recorded_once';\n            END IF;\n            RETURN NEW;\n        ",
                    hash="b9f8c5446bf4d2e36d39e53b3a1f8d880e416813",
                    operation="UPDATE",
                    pgid="pgtrigger_a_late_appeal_is_recorded_once_12fbc",
                    table="groups_appeal",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="appeal",
            trigger=pgtrigger.compiler.Trigger(
                name="an_appeal_keeps_what_was_submitted",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF (TRUE) AND (OLD.number, OLD.platform_id, OLD.decision_id, OLD.appellant_id, OLD.flag_id, OLD.submitted_at) IS DISTINCT FROM (NEW.number, NEW.platform_id, NEW.decision_id, NEW.appellant_id, NEW.flag_id, NEW.submitted_at) THEN\n                RAISE EXCEPTION 'an_appeal_keeps_what_was_submitted'\n                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'an_appeal_keeps_what_was_submitted';\n            END IF;\n            RETURN NEW;\n        ",
                    hash="e7a9d03c32c2c3d2eacb62e84917a10d92b814f8",
                    operation="UPDATE",
                    pgid="pgtrigger_an_appeal_keeps_what_was_submitted_f9324",
                    table="groups_appeal",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="appeal",
            trigger=pgtrigger.compiler.Trigger(
                name="an_appeal_is_reviewed_by_somebody_else",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (NEW."reviewer_id" IS NOT NULL)',
                    func="\n                    IF EXISTS (\n                        \n                        WITH RECURSIVE earlier AS (\n                            SELECT d.* FROM groups_decision d WHERE d.id = NEW.decision_id\n                            UNION ALL\n                            SELECT d.* FROM groups_decision d\n                            JOIN earlier e ON e.overrides_id = d.id)\n                        SELECT FROM earlier e\n                        WHERE NEW.reviewer_id IN (e.decided_by_id, e.approved_by_id))\n                    OR EXISTS (\n                        SELECT FROM identity_account a\n                        WHERE a.id = NEW.appellant_id AND a.user_id = NEW.reviewer_id)\n                    THEN\n                        RAISE EXCEPTION 'an_appeal_is_reviewed_by_somebody_else'\n                            USING ERRCODE = 'integrity_constraint_violation',\n                                  CONSTRAINT = 'an_appeal_is_reviewed_by_somebody_else';\n                    END IF;\n                    RETURN NEW;\n                ",
                    hash="27234ca6fe3c131e9043490d0fb5a379facbb1e8",
                    operation='INSERT OR UPDATE OF "reviewer_id"',
                    pgid="pgtrigger_an_appeal_is_reviewed_by_somebody_else_87444",
                    table="groups_appeal",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="appeal",
            trigger=pgtrigger.compiler.Trigger(
                name="only_the_last_decision_can_be_appealed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                    IF EXISTS (\n                        SELECT FROM groups_decision d\n                        WHERE d.overrides_id = NEW.decision_id AND d.effective_at IS NOT NULL)\n                    OR NOT EXISTS (\n                        SELECT FROM groups_decision d\n                        WHERE d.id = NEW.decision_id AND d.effective_at IS NOT NULL)\n                    THEN\n                        RAISE EXCEPTION 'only_the_last_decision_can_be_appealed'\n                            USING ERRCODE = 'integrity_constraint_violation',\n                              CONSTRAINT = 'only_the_last_decision_can_be_appealed';\n                    END IF;\n                    RETURN NEW;\n                ",
                    hash="ae1b591ef1a506b8ded75b91b80a58674eb6df89",
                    operation="INSERT",
                    pgid="pgtrigger_only_the_last_decision_can_be_appealed_404cd",
                    table="groups_appeal",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="Measure",
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
                            ("WARN", "Warning"),
                            ("SUSPEND", "Suspend a privilege"),
                            ("REVOKE", "Revoke a privilege"),
                            ("FREEZE_GROUP", "Freeze the group"),
                            ("CLOSE_GROUP", "Close the group"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "privilege",
                    models.CharField(
                        choices=[
                            ("CREATE_GROUP", "Create groups"),
                            ("OWN_GROUP", "Own groups"),
                            ("MANAGE_GROUP", "Manage groups"),
                        ],
                        max_length=12,
                        null=True,
                    ),
                ),
                ("days", models.PositiveIntegerField(null=True)),
                ("effect", models.JSONField(default=dict)),
                ("undone_at", models.DateTimeField(null=True)),
                (
                    "decision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="measures",
                        to="groups.decision",
                    ),
                ),
                (
                    "in_group",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="groups.group",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("kind__in", ["SUSPEND", "REVOKE"]), ("privilege__isnull", False)
                            ),
                            models.Q(
                                models.Q(("kind__in", ["SUSPEND", "REVOKE"]), _negated=True),
                                ("privilege__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="a_privilege_is_named_when_suspended_or_revoked",
                    ),
                    models.UniqueConstraint(
                        fields=("decision", "kind", "privilege", "in_group"),
                        name="a_decision_takes_a_measure_once",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("days__gt", 0), ("days__isnull", False), ("kind", "SUSPEND")),
                            models.Q(models.Q(("kind", "SUSPEND"), _negated=True), ("days", None)),
                            _connector="OR",
                        ),
                        name="a_suspension_says_for_how_long",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="measure",
            trigger=pgtrigger.compiler.Trigger(
                name="a_measure_keeps_its_terms",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF (TRUE) AND (OLD.decision_id, OLD.kind, OLD.privilege, OLD.in_group_id, OLD.days) IS DISTINCT FROM (NEW.decision_id, NEW.kind, NEW.privilege, NEW.in_group_id, NEW.days) THEN\n                RAISE EXCEPTION 'a_measure_keeps_its_terms'\n                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'a_measure_keeps_its_terms';\n            END IF;\n            RETURN NEW;\n        ",
                    hash="e4a0580d8f42dbc4ed39b5bcf199655ffe71bef2",
                    operation="UPDATE",
                    pgid="pgtrigger_a_measure_keeps_its_terms_b0f47",
                    table="groups_measure",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="measure",
            trigger=pgtrigger.compiler.Trigger(
                name="a_measure_is_undone_once",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF (OLD.undone_at IS NOT NULL) AND (OLD.undone_at) IS DISTINCT FROM (NEW.undone_at) THEN\n                RAISE EXCEPTION 'a_measure_is_undone_once'\n                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'a_measure_is_undone_once';\n            END IF;\n            RETURN NEW;\n        ",
                    hash="5e916f2363ff851f6b41d52a1fe872c197a43055",
                    operation="UPDATE",
                    pgid="pgtrigger_a_measure_is_undone_once_f615b",
                    table="groups_measure",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="measure",
            trigger=pgtrigger.compiler.Trigger(
                name="a_decision_in_effect_takes_no_more_measures",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                    IF EXISTS (\n                        SELECT FROM groups_decision d WHERE d.id = NEW.decision_id\n                        AND (d.effective_at IS NOT NULL OR d.returned_at IS NOT NULL))\n                    THEN\n                        RAISE EXCEPTION 'a_decision_in_effect_takes_no_more_measures'\n                            USING ERRCODE = 'integrity_constraint_violation',\n                                  CONSTRAINT = 'a_decision_in_effect_takes_no_more_measures';\n                    END IF;\n                    RETURN NEW;\n                ",
                    hash="ea1b1fa582ef9906176b29818591be31fabcd219",
                    operation="INSERT",
                    pgid="pgtrigger_a_decision_in_effect_takes_no_more_measures_91517",
                    table="groups_measure",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="measure",
            trigger=pgtrigger.compiler.Trigger(
                name="a_severe_measure_waits_for_a_second_person",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NEW.\"kind\" IN ('SUSPEND', 'REVOKE', 'FREEZE_GROUP', 'CLOSE_GROUP'))",
                    func="\n                    IF EXISTS (\n                        SELECT FROM groups_decision d\n                        WHERE d.id = NEW.decision_id AND NOT d.needs_approval)\n                    THEN\n                        RAISE EXCEPTION 'a_severe_measure_waits_for_a_second_person'\n                            USING ERRCODE = 'integrity_constraint_violation',\n                                  CONSTRAINT = 'a_severe_measure_waits_for_a_second_person';\n                    END IF;\n                    RETURN NEW;\n                ",
                    hash="897b5e3d757b2f6fbed5fae80d34ffe0bb83d32a",
                    operation="INSERT",
                    pgid="pgtrigger_a_severe_measure_waits_for_a_second_person_39fcf",
                    table="groups_measure",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="measure",
            trigger=pgtrigger.compiler.Trigger(
                name="a_measure_is_deleted_by_the_purge_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF current_setting('accord.purging', true) = 'on' THEN RETURN OLD; END IF;\n            RAISE EXCEPTION 'a_measure_is_deleted_by_the_purge_only'\n                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'a_measure_is_deleted_by_the_purge_only';\n        ",
                    hash="d5846f5d9f7a517d1c3ae27eadf3d9327f030981",
                    operation="DELETE",
                    pgid="pgtrigger_a_measure_is_deleted_by_the_purge_only_19f80",
                    table="groups_measure",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="Notice",
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
                            ("CASE_OPENED", "A report needs an answer"),
                            ("CASE_ESCALATED", "An answer is overdue"),
                            ("DECISION", "A decision was taken"),
                            ("REPORT_RECEIVED", "Your report was received"),
                            ("REPORT_DECIDED", "Your report was decided"),
                            ("APPEAL_RECEIVED", "Your appeal was received"),
                            ("APPEAL_DECIDED", "Your appeal was decided"),
                            ("TENURE_ENDED", "Your role ended"),
                            ("TENURE_BEGAN", "You became responsible"),
                            ("VERIFICATION", "About your verification"),
                        ],
                        max_length=16,
                    ),
                ),
                ("language", models.CharField(max_length=8)),
                ("subject", models.CharField(max_length=200)),
                ("body", portal.core.fields.EncryptedTextField()),
                ("created_at", models.DateTimeField()),
                ("mail_due_at", models.DateTimeField(null=True)),
                ("mailed_at", models.DateTimeField(null=True)),
                ("mail_attempts", models.PositiveSmallIntegerField(default=0)),
                ("read_at", models.DateTimeField(null=True)),
                (
                    "appeal",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notices",
                        to="groups.appeal",
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notices",
                        to="groups.case",
                    ),
                ),
                (
                    "decision",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notices",
                        to="groups.decision",
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="groups.group",
                    ),
                ),
                (
                    "platform",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="core.platform",
                    ),
                ),
                (
                    "recipient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notices",
                        to="identity.account",
                    ),
                ),
                (
                    "template",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="groups.noticetemplate",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["recipient", "-created_at"], name="notice_by_recipient"),
                    models.Index(
                        condition=models.Q(
                            ("mail_due_at__isnull", False), ("mailed_at__isnull", True)
                        ),
                        fields=["mail_due_at"],
                        name="notice_to_mail",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("decision__isnull", False)),
                        fields=("recipient", "kind", "decision"),
                        name="one_notice_of_a_kind_per_decision_and_person",
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="notice",
            trigger=pgtrigger.compiler.Trigger(
                name="a_notice_is_kept_as_sent",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF (TRUE) AND (OLD.recipient_id, OLD.kind, OLD.language, OLD.subject, OLD.created_at) IS DISTINCT FROM (NEW.recipient_id, NEW.kind, NEW.language, NEW.subject, NEW.created_at) THEN\n                RAISE EXCEPTION 'a_notice_is_kept_as_sent'\n                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'a_notice_is_kept_as_sent';\n            END IF;\n            RETURN NEW;\n        ",
                    hash="a2df1cb8f84e0b89a3117637780892ec87fda3b9",
                    operation="UPDATE",
                    pgid="pgtrigger_a_notice_is_kept_as_sent_dfc4e",
                    table="groups_notice",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="notice",
            trigger=pgtrigger.compiler.Trigger(
                name="a_notice_keeps_its_words",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF (COALESCE(current_setting('accord.rotating', true), '') <> 'on') AND (OLD.body) IS DISTINCT FROM (NEW.body) THEN\n                RAISE EXCEPTION 'a_notice_keeps_its_words'\n                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'a_notice_keeps_its_words';\n            END IF;\n            RETURN NEW;\n        ",
                    hash="a71317f27bf72293c9d9834a0bbc0980b805163f",
                    operation="UPDATE",
                    pgid="pgtrigger_a_notice_keeps_its_words_8f4d8",
                    table="groups_notice",
                    when="BEFORE",
                ),
            ),
        ),
    ]
