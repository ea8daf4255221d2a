import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
import portal.core.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    # The libraries before our many tables: Django renders anew whatever is related to a table that
    # they change, and that is most of ours.
    dependencies = [
        ("account", "0009_emailaddress_unique_primary_email"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("axes", "0010_accessattemptexpiration"),
        ("guardian", "0003_remove_groupobjectpermission_guardian_gr_content_ae6aec_idx_and_more"),
        ("identity", "0001_tables"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("oauth2_provider", "0022_refreshtoken_token_family_index"),
        ("usersessions", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Policy",
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
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("DRAFT", "Draft"),
                            ("SIMULATED", "Simulated"),
                            ("APPROVED", "Approved"),
                            ("ACTIVE", "Active"),
                            ("RETIRED", "Retired"),
                        ],
                        default="DRAFT",
                        max_length=10,
                    ),
                ),
                ("document", models.JSONField()),
                ("drafted_at", models.DateTimeField()),
                ("approved_at", models.DateTimeField(null=True)),
                ("active_from", models.DateTimeField(null=True)),
                ("retired_at", models.DateTimeField(null=True)),
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
                    "drafted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "platform",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="policies",
                        to="core.platform",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "policies",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "ACTIVE")),
                        fields=("platform",),
                        name="one_active_policy_per_platform",
                    ),
                    models.UniqueConstraint(
                        fields=("platform", "version"), name="a_policy_version_is_used_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("approved_by__isnull", True),
                            ("drafted_by__isnull", True),
                            models.Q(("approved_by", models.F("drafted_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="policy_is_approved_by_another_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("approved_at__isnull", True), ("approved_by__isnull", True)),
                            models.Q(
                                ("approved_at__isnull", False), ("approved_by__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="policy_is_approved_by_whom_and_when",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["DRAFT", "SIMULATED"]),
                            ("drafted_by__isnull", True),
                            ("approved_by__isnull", False),
                            _connector="OR",
                        ),
                        name="a_drafted_policy_acts_only_once_approved",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("approved_by__isnull", True),
                            models.Q(("state__in", ["DRAFT", "SIMULATED"]), _negated=True),
                            _connector="OR",
                        ),
                        name="a_policy_is_approved_after_simulation",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("active_from__isnull", False), ("state", "ACTIVE")),
                            ("state", "RETIRED"),
                            models.Q(
                                ("active_from__isnull", True),
                                ("state__in", ["DRAFT", "SIMULATED", "APPROVED"]),
                            ),
                            _connector="OR",
                        ),
                        name="a_policy_says_since_when_it_is_in_effect",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("retired_at__isnull", False), ("state", "RETIRED")),
                            models.Q(
                                models.Q(("state", "RETIRED"), _negated=True),
                                ("retired_at__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="a_policy_says_when_it_was_retired",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="policy",
            trigger=pgtrigger.compiler.Trigger(
                name="policy_moves_forward_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."state" IS DISTINCT FROM (NEW."state"))',
                    func="\n            IF (OLD.state, NEW.state) NOT IN (('DRAFT', 'SIMULATED'), ('SIMULATED', 'DRAFT'), ('SIMULATED', 'APPROVED'), ('APPROVED', 'ACTIVE'), ('APPROVED', 'RETIRED'), ('ACTIVE', 'RETIRED')) THEN\n                RAISE EXCEPTION 'policy_moves_forward_only: % to %', OLD.state, NEW.state\n                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'policy_moves_forward_only';\n            END IF;\n            RETURN NEW;\n        ",
                    hash="378efa53edc4c2cb8baf616d8e2311719ccf9d22",
                    operation='UPDATE OF "state"',
                    pgid="pgtrigger_policy_moves_forward_only_015ee",
                    table="credit_policy",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="policy",
            trigger=pgtrigger.compiler.Trigger(
                name="only_the_first_policy_begins_without_a_draft",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                    IF NEW.state = 'DRAFT' AND NEW.drafted_by_id IS NOT NULL\n                        OR NEW.state = 'ACTIVE' AND NEW.drafted_by_id IS NULL AND NOT EXISTS (\n                            SELECT FROM credit_policy\n                            WHERE platform_id = NEW.platform_id AND id <> NEW.id)\n                    THEN\n                        RETURN NULL;\n                    END IF;\n                    RAISE EXCEPTION 'only_the_first_policy_begins_without_a_draft'\n                        USING ERRCODE = 'integrity_constraint_violation',\n                              CONSTRAINT = 'only_the_first_policy_begins_without_a_draft';\n                ",
                    hash="633acec907e5c5bb8e3fee9480250dbd45b3f164",
                    operation="INSERT",
                    pgid="pgtrigger_only_the_first_policy_begins_without_a_draft_f0501",
                    table="credit_policy",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="policy",
            trigger=pgtrigger.compiler.Trigger(
                name="a_policy_keeps_its_platform_and_drafter",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF (TRUE) AND (OLD.platform_id, OLD.drafted_by_id, OLD.drafted_at) IS DISTINCT FROM (NEW.platform_id, NEW.drafted_by_id, NEW.drafted_at) THEN\n                RAISE EXCEPTION 'a_policy_keeps_its_platform_and_drafter'\n                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'a_policy_keeps_its_platform_and_drafter';\n            END IF;\n            RETURN NEW;\n        ",
                    hash="65f17511d270e1bd866f68a748ff96f4f574cae8",
                    operation="UPDATE",
                    pgid="pgtrigger_a_policy_keeps_its_platform_and_drafter_93fba",
                    table="credit_policy",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="policy",
            trigger=pgtrigger.compiler.Trigger(
                name="a_policy_keeps_its_terms_after_simulation",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF (OLD.state <> 'DRAFT') AND (OLD.document, OLD.version) IS DISTINCT FROM (NEW.document, NEW.version) THEN\n                RAISE EXCEPTION 'a_policy_keeps_its_terms_after_simulation'\n                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'a_policy_keeps_its_terms_after_simulation';\n            END IF;\n            RETURN NEW;\n        ",
                    hash="1064eaba658b4cfc2bf8e5f4875bab473f9f5316",
                    operation="UPDATE",
                    pgid="pgtrigger_a_policy_keeps_its_terms_after_simulation_55fb2",
                    table="credit_policy",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="policy",
            trigger=pgtrigger.compiler.Trigger(
                name="a_policy_keeps_its_approval",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF (OLD.state NOT IN ('DRAFT', 'SIMULATED')) AND (OLD.approved_by_id, OLD.approved_at) IS DISTINCT FROM (NEW.approved_by_id, NEW.approved_at) THEN\n                RAISE EXCEPTION 'a_policy_keeps_its_approval'\n                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'a_policy_keeps_its_approval';\n            END IF;\n            RETURN NEW;\n        ",
                    hash="908dfe4a258a75411fbb54f84cff99bcd205993f",
                    operation="UPDATE",
                    pgid="pgtrigger_a_policy_keeps_its_approval_41384",
                    table="credit_policy",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="policy",
            trigger=pgtrigger.compiler.Trigger(
                name="a_policy_keeps_since_when_it_is_in_effect",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF (OLD.state IN ('ACTIVE', 'RETIRED')) AND (OLD.active_from) IS DISTINCT FROM (NEW.active_from) THEN\n                RAISE EXCEPTION 'a_policy_keeps_since_when_it_is_in_effect'\n                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'a_policy_keeps_since_when_it_is_in_effect';\n            END IF;\n            RETURN NEW;\n        ",
                    hash="662fd35bdadeeddc1eee438042fe6ada4a316e77",
                    operation="UPDATE",
                    pgid="pgtrigger_a_policy_keeps_since_when_it_is_in_effect_5f3ec",
                    table="credit_policy",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="policy",
            trigger=pgtrigger.compiler.Trigger(
                name="a_policy_keeps_when_it_was_retired",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF (OLD.state = 'RETIRED') AND (OLD.retired_at) IS DISTINCT FROM (NEW.retired_at) THEN\n                RAISE EXCEPTION 'a_policy_keeps_when_it_was_retired'\n                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'a_policy_keeps_when_it_was_retired';\n            END IF;\n            RETURN NEW;\n        ",
                    hash="25cadfc394fcd2fe6c5a73ac559411b356735d30",
                    operation="UPDATE",
                    pgid="pgtrigger_a_policy_keeps_when_it_was_retired_7c5f8",
                    table="credit_policy",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="policy",
            trigger=pgtrigger.compiler.Trigger(
                name="a_policy_is_deleted_by_the_purge_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF current_setting('accord.purging', true) = 'on' THEN RETURN OLD; END IF;\n            RAISE EXCEPTION 'a_policy_is_deleted_by_the_purge_only'\n                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'a_policy_is_deleted_by_the_purge_only';\n        ",
                    hash="219bfbbf846d4e7cb7a6a34f87eb92b138a2c674",
                    operation="DELETE",
                    pgid="pgtrigger_a_policy_is_deleted_by_the_purge_only_cf849",
                    table="credit_policy",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="Sanction",
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
                        choices=[("SUSPENSION", "Suspension"), ("REVOCATION", "Revocation")],
                        max_length=10,
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
                    ),
                ),
                ("scope_group_id", models.UUIDField(null=True)),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField(null=True)),
                ("decision_id", models.UUIDField(db_index=True)),
                ("lifted_at", models.DateTimeField(null=True)),
                (
                    "lift",
                    models.CharField(
                        choices=[("EARLY", "Lifted early"), ("REVERSED", "Undone on appeal")],
                        max_length=8,
                        null=True,
                    ),
                ),
                ("lift_reason", models.CharField(max_length=500, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sanctions",
                        to="identity.account",
                    ),
                ),
                (
                    "approved_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "imposed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "lifted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                    models.Index(fields=["account", "starts_at"], name="sanction_by_account")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("approved_by", models.F("imposed_by")), _negated=True),
                        name="a_sanction_is_approved_by_another_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("lift__isnull", True),
                                ("lift_reason__isnull", True),
                                ("lifted_at__isnull", True),
                                ("lifted_by__isnull", True),
                            ),
                            models.Q(
                                ("lift__isnull", False),
                                ("lift_reason__isnull", False),
                                ("lifted_at__isnull", False),
                                ("lifted_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="a_sanction_is_lifted_by_whom_how_and_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("lift__isnull", True),
                            models.Q(("lift", "EARLY"), _negated=True),
                            models.Q(("lifted_by", models.F("imposed_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="a_sanction_is_lifted_early_by_another_person",
                    ),
                    models.UniqueConstraint(
                        fields=("decision_id", "privilege", "scope_group_id"),
                        name="a_decision_takes_a_privilege_once",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("ends_at__gt", models.F("starts_at")),
                                ("ends_at__isnull", False),
                                ("kind", "SUSPENSION"),
                            ),
                            models.Q(("ends_at__isnull", True), ("kind", "REVOCATION")),
                            _connector="OR",
                        ),
                        name="a_suspension_ends_and_a_revocation_does_not",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="sanction",
            trigger=pgtrigger.compiler.Trigger(
                name="a_sanction_keeps_its_terms",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF (TRUE) AND (OLD.account_id, OLD.kind, OLD.privilege, OLD.scope_group_id, OLD.starts_at, OLD.ends_at, OLD.decision_id, OLD.imposed_by_id, OLD.approved_by_id) IS DISTINCT FROM (NEW.account_id, NEW.kind, NEW.privilege, NEW.scope_group_id, NEW.starts_at, NEW.ends_at, NEW.decision_id, NEW.imposed_by_id, NEW.approved_by_id) THEN\n                RAISE EXCEPTION 'a_sanction_keeps_its_terms'\n                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'a_sanction_keeps_its_terms';\n            END IF;\n            RETURN NEW;\n        ",
                    hash="2e4101fb7a35ecfe269500396ddce13f2c36df85",
                    operation="UPDATE",
                    pgid="pgtrigger_a_sanction_keeps_its_terms_177fc",
                    table="credit_sanction",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="sanction",
            trigger=pgtrigger.compiler.Trigger(
                name="a_lifted_sanction_stays_lifted",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF (OLD.lifted_at IS NOT NULL) AND (OLD.lifted_at, OLD.lifted_by_id, OLD.lift, OLD.lift_reason) IS DISTINCT FROM (NEW.lifted_at, NEW.lifted_by_id, NEW.lift, NEW.lift_reason) THEN\n                RAISE EXCEPTION 'a_lifted_sanction_stays_lifted'\n                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'a_lifted_sanction_stays_lifted';\n            END IF;\n            RETURN NEW;\n        ",
                    hash="34ff469e11b379375a253011f6936cb8f5922a39",
                    operation="UPDATE",
                    pgid="pgtrigger_a_lifted_sanction_stays_lifted_27c2f",
                    table="credit_sanction",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="LedgerEntry",
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
                ("sequence", models.PositiveIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("PENALTY", "Penalty"),
                            ("REVERSAL", "Reversal"),
                            ("RESTORATION", "Restoration"),
                            ("ADJUSTMENT", "Adjustment"),
                        ],
                        max_length=12,
                    ),
                ),
                ("points", models.SmallIntegerField()),
                ("effective_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(null=True)),
                ("decision_id", models.UUIDField(db_index=True, null=True)),
                ("reason", models.CharField(max_length=200)),
                ("posted_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ledger",
                        to="identity.account",
                    ),
                ),
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
                    "platform",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="core.platform",
                    ),
                ),
                (
                    "posted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "reverses",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversed_by",
                        to="credit.ledgerentry",
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
            ],
            options={
                "verbose_name_plural": "ledger entries",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "sequence"),
                        name="a_ledger_number_is_used_once_by_an_account",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "PENALTY"), _negated=True),
                            models.Q(
                                ("decision_id__isnull", False),
                                ("points__lte", 0),
                                ("posted_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="a_penalty_rests_on_a_persons_decision",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "REVERSAL"), ("reverses__isnull", False)),
                            models.Q(
                                models.Q(("kind", "REVERSAL"), _negated=True),
                                ("reverses__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="only_a_reversal_reverses_an_entry",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "RESTORATION"), _negated=True),
                            ("points__gt", 0),
                            _connector="OR",
                        ),
                        name="a_restoration_gives_points_back",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "ADJUSTMENT"), _negated=True),
                            models.Q(
                                ("approved_by__isnull", False),
                                ("posted_by__isnull", False),
                                models.Q(("approved_by", models.F("posted_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="an_adjustment_is_made_by_two_people",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("expires_at__isnull", True),
                            ("expires_at__gte", models.F("effective_at")),
                            _connector="OR",
                        ),
                        name="an_entry_expires_after_it_takes_effect",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("points__gte", 0), ("kind", "PENALTY"), _connector="OR"
                        ),
                        name="only_a_penalty_takes_points",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind", "RESTORATION"), ("posted_by__isnull", False), _connector="OR"
                        ),
                        name="only_a_restoration_is_posted_by_nobody",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "PENALTY")),
                        fields=("decision_id",),
                        name="a_decision_costs_points_once",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="ledgerentry",
            trigger=pgtrigger.compiler.Trigger(
                name="ledger_is_append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                IF TG_OP = 'DELETE' AND current_setting('accord.purging', true) = 'on' THEN\n                    RETURN OLD;\n                END IF;\n                RAISE EXCEPTION 'ledger_is_append_only: rows are added, never changed'\n                    USING ERRCODE = 'integrity_constraint_violation',\n                          CONSTRAINT = 'ledger_is_append_only';\n            ",
                    hash="cc0956579099cfcce3567833dcf7ad1a2f88edbb",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_ledger_is_append_only_3888c",
                    table="credit_ledgerentry",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="ledgerentry",
            trigger=pgtrigger.compiler.Trigger(
                name="ledger_is_never_truncated",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                RAISE EXCEPTION 'ledger_is_never_truncated: rows are added, never changed'\n                    USING ERRCODE = 'integrity_constraint_violation',\n                          CONSTRAINT = 'ledger_is_never_truncated';\n            ",
                    hash="c6a234fd79f1495ea05f943f031e240590442dfc",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_ledger_is_never_truncated_5b9f8",
                    table="credit_ledgerentry",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="ledgerentry",
            trigger=pgtrigger.compiler.Trigger(
                name="a_reversal_cancels_what_it_reverses",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (NEW."reverses_id" IS NOT NULL)',
                    func="\n                    IF NOT EXISTS (\n                        SELECT FROM credit_ledgerentry e\n                        WHERE e.id = NEW.reverses_id AND e.account_id = NEW.account_id\n                          AND e.kind <> 'REVERSAL' AND e.points = -NEW.points\n                          AND e.expires_at IS NOT DISTINCT FROM NEW.expires_at)\n                    THEN\n                        RAISE EXCEPTION 'a_reversal_cancels_what_it_reverses'\n                            USING ERRCODE = 'integrity_constraint_violation',\n                                  CONSTRAINT = 'a_reversal_cancels_what_it_reverses';\n                    END IF;\n                    RETURN NEW;\n                ",
                    hash="0a4f0e508dee6b466fc76173aa0806195dce07bc",
                    operation="INSERT",
                    pgid="pgtrigger_a_reversal_cancels_what_it_reverses_6e8dc",
                    table="credit_ledgerentry",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="ledgerentry",
            trigger=pgtrigger.compiler.Trigger(
                name="ledger_numbers_have_no_gaps",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                    IF NEW.sequence <> 1 + GREATEST(0, (\n                        SELECT max(sequence) FROM credit_ledgerentry\n                        WHERE account_id = NEW.account_id), (\n                        SELECT last_sequence FROM credit_standing\n                        WHERE account_id = NEW.account_id))\n                    THEN\n                        RAISE EXCEPTION 'ledger_numbers_have_no_gaps: % is not next', NEW.sequence\n                            USING ERRCODE = 'integrity_constraint_violation',\n                                  CONSTRAINT = 'ledger_numbers_have_no_gaps';\n                    END IF;\n                    RETURN NEW;\n                ",
                    hash="3d3c4de6e111433c1ed572c067e88a7bf9c54c38",
                    operation="INSERT",
                    pgid="pgtrigger_ledger_numbers_have_no_gaps_271d4",
                    table="credit_ledgerentry",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="ledgerentry",
            trigger=pgtrigger.compiler.Trigger(
                name="a_ledger_number_outlives_its_entry",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                    IF current_setting('accord.purging', true) = 'on' AND NOT EXISTS (\n                        SELECT FROM credit_standing\n                        WHERE account_id = OLD.account_id AND last_sequence >= OLD.sequence)\n                    THEN\n                        RAISE EXCEPTION 'a_ledger_number_outlives_its_entry: %', OLD.sequence\n                            USING ERRCODE = 'integrity_constraint_violation',\n                                  CONSTRAINT = 'a_ledger_number_outlives_its_entry';\n                    END IF;\n                    RETURN OLD;\n                ",
                    hash="9937914f1d604b5367575bddc49e5df9838c55d6",
                    operation="DELETE",
                    pgid="pgtrigger_a_ledger_number_outlives_its_entry_b9182",
                    table="credit_ledgerentry",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="Standing",
            fields=[
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="standing",
                        serialize=False,
                        to="identity.account",
                    ),
                ),
                ("score", models.SmallIntegerField()),
                ("tier", models.CharField(max_length=40)),
                ("last_sequence", models.PositiveIntegerField()),
                ("as_of", models.DateTimeField()),
                ("next_change_at", models.DateTimeField(null=True)),
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
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_change_at__isnull", False)),
                        fields=["next_change_at"],
                        name="standing_changes_next",
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="standing",
            trigger=pgtrigger.compiler.Trigger(
                name="ledger_numbers_only_go_up",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."last_sequence" > (NEW."last_sequence"))',
                    func="\n                    RAISE EXCEPTION 'ledger_numbers_only_go_up'\n                        USING ERRCODE = 'integrity_constraint_violation',\n                              CONSTRAINT = 'ledger_numbers_only_go_up';\n                ",
                    hash="047b3200dff594074b29441ef432dd0769421aa5",
                    operation='UPDATE OF "last_sequence"',
                    pgid="pgtrigger_ledger_numbers_only_go_up_f5ed2",
                    table="credit_standing",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="standing",
            trigger=pgtrigger.compiler.Trigger(
                name="a_standing_is_deleted_by_the_purge_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF current_setting('accord.purging', true) = 'on' THEN RETURN OLD; END IF;\n            RAISE EXCEPTION 'a_standing_is_deleted_by_the_purge_only'\n                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'a_standing_is_deleted_by_the_purge_only';\n        ",
                    hash="1cc8ca38f649a9a485a041eb4d1d860c848e5135",
                    operation="DELETE",
                    pgid="pgtrigger_a_standing_is_deleted_by_the_purge_only_3cc80",
                    table="credit_standing",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="standing",
            trigger=pgtrigger.compiler.Trigger(
                name="a_standing_is_never_ahead_of_its_ledger",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                    IF NEW.last_sequence > GREATEST(0, (\n                        SELECT last_sequence FROM credit_standing\n                        WHERE account_id = NEW.account_id), (\n                        SELECT max(sequence) FROM credit_ledgerentry\n                        WHERE account_id = NEW.account_id))\n                    THEN\n                        RAISE EXCEPTION 'a_standing_is_never_ahead_of_its_ledger: %',\n                            NEW.last_sequence\n                            USING ERRCODE = 'integrity_constraint_violation',\n                                  CONSTRAINT = 'a_standing_is_never_ahead_of_its_ledger';\n                    END IF;\n                    RETURN NEW;\n                ",
                    hash="54ac95f29946f03b7b77faabd6d09bfcfe655040",
                    operation='INSERT OR UPDATE OF "last_sequence"',
                    pgid="pgtrigger_a_standing_is_never_ahead_of_its_ledger_f28cf",
                    table="credit_standing",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="standing",
            trigger=pgtrigger.compiler.Trigger(
                name="a_standing_stays_with_its_account",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF (TRUE) AND (OLD.account_id, OLD.platform_id) IS DISTINCT FROM (NEW.account_id, NEW.platform_id) THEN\n                RAISE EXCEPTION 'a_standing_stays_with_its_account'\n                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'a_standing_stays_with_its_account';\n            END IF;\n            RETURN NEW;\n        ",
                    hash="f44bf703d53a97c3bd61909ad22d32057ce7b9dd",
                    operation="UPDATE",
                    pgid="pgtrigger_a_standing_stays_with_its_account_6dab0",
                    table="credit_standing",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="standing",
            trigger=pgtrigger.compiler.Trigger(
                name="standings_are_never_truncated",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            RAISE EXCEPTION 'standings_are_never_truncated'\n                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'standings_are_never_truncated';\n        ",
                    hash="2803c8e7d1f044a030ffff0fc367ceb00dc250fd",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_standings_are_never_truncated_5f597",
                    table="credit_standing",
                    when="BEFORE",
                ),
            ),
        ),
    ]
