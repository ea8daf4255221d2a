import django.db.models.deletion
from django.db import migrations, models

import portal.core.fields
import portal.core.ids


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0004_create_window_changes"),
        ("identity", "0004_erasure_and_reminders"),
    ]

    operations = [
        # Nothing wrote tags before: a person may have one of each of several providers.
        migrations.DeleteModel(name="PersonTag"),
        migrations.CreateModel(
            name="PersonTag",
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
                ("digest", models.BinaryField(max_length=32)),
                ("created_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="person_tags",
                        to="identity.account",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["digest"], name="person_tag_match")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "digest"),
                        name="a_person_is_tagged_once_per_account",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="TagKey",
            fields=[
                (
                    "platform",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="core.platform",
                    ),
                ),
                ("key", portal.core.fields.EncryptedTextField()),
                ("created_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="verificationprovider",
            name="issuer",
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddField(
            model_name="verificationprovider",
            name="client_id",
            field=models.CharField(blank=True, max_length=255),
        ),
        migrations.AddField(
            model_name="verificationprovider",
            name="client_secret",
            field=portal.core.fields.EncryptedTextField(null=True),
        ),
        migrations.AddConstraint(
            model_name='verificationprovider',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('client_secret__isnull', False), ('kind', 'OIDC'), models.Q(('issuer', ''), _negated=True), models.Q(('client_id', ''), _negated=True)), models.Q(models.Q(('kind', 'OIDC'), _negated=True), ('client_id', ''), ('client_secret__isnull', True), ('issuer', '')), _connector='OR'), name='an_openid_provider_and_no_other_has_an_issuer'),
        ),
    ]
