"""Triggers that several tables share. They guard what a check constraint cannot see."""

import pgtrigger
from django.db.models import Q

# True unless this transaction is `rotate_field_keys`, which rewrites ciphertext, not text.
NOT_ROTATING = "COALESCE(current_setting('accord.rotating', true), '') <> 'on'"


def update_of(column: str) -> pgtrigger.Operation:
    """Fire where an UPDATE names `column`."""
    operation: pgtrigger.Operation = pgtrigger.UpdateOf(column)  # type: ignore[no-untyped-call]
    return operation


def append_only(table: str, *, encrypted: str = "") -> list[pgtrigger.Trigger]:
    """Refuse UPDATE and TRUNCATE always, DELETE unless the purge of this transaction runs it.

    The column `encrypted`, if any, may be rewritten by `rotate_field_keys`.
    """
    rotation = f"""
                IF TG_OP = 'UPDATE' AND NOT ({NOT_ROTATING})
                    AND to_jsonb(OLD) - '{encrypted}' = to_jsonb(NEW) - '{encrypted}'
                THEN
                    RETURN NEW;
                END IF;"""
    return [
        pgtrigger.Trigger(
            name=f"{table}_is_append_only",
            when=pgtrigger.Before,
            operation=pgtrigger.Update | pgtrigger.Delete,
            func=f"""
                IF TG_OP = 'DELETE' AND current_setting('accord.purging', true) = 'on' THEN
                    RETURN OLD;
                END IF;{rotation if encrypted else ""}
                RAISE EXCEPTION '{table}_is_append_only: rows are added, never changed'
                    USING ERRCODE = 'integrity_constraint_violation',
                          CONSTRAINT = '{table}_is_append_only';
            """,
        ),
        pgtrigger.Trigger(
            name=f"{table}_is_never_truncated",
            level=pgtrigger.Statement,
            when=pgtrigger.Before,
            operation=pgtrigger.Truncate,
            func=f"""
                RAISE EXCEPTION '{table}_is_never_truncated: rows are added, never changed'
                    USING ERRCODE = 'integrity_constraint_violation',
                          CONSTRAINT = '{table}_is_never_truncated';
            """,
        ),
    ]


def legal_transitions(name: str, field: str, pairs: list[tuple[str, str]]) -> pgtrigger.Trigger:
    """Refuse a change of `field` that is not one of `pairs` (from, to)."""
    legal = ", ".join(f"('{old}', '{new}')" for old, new in pairs)
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=update_of(field),
        condition=pgtrigger.Q(**{f"old__{field}__df": pgtrigger.F(f"new__{field}")}),
        func=f"""
            IF (OLD.{field}, NEW.{field}) NOT IN ({legal}) THEN
                RAISE EXCEPTION '{name}: % to %', OLD.{field}, NEW.{field}
                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = '{name}';
            END IF;
            RETURN NEW;
        """,
    )


def frozen(name: str, columns: list[str], *, when: str = "TRUE") -> pgtrigger.Trigger:
    """Refuse a change of any of `columns` in rows for which the SQL condition `when` holds."""
    old = ", ".join(f"OLD.{column}" for column in columns)
    new = ", ".join(f"NEW.{column}" for column in columns)
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        func=f"""
            IF ({when}) AND ({old}) IS DISTINCT FROM ({new}) THEN
                RAISE EXCEPTION '{name}'
                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = '{name}';
            END IF;
            RETURN NEW;
        """,
    )


def deleted_by_the_purge_only(name: str) -> pgtrigger.Trigger:
    """Refuse DELETE unless the purge of this transaction runs it."""
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=pgtrigger.Delete,
        func=f"""
            IF current_setting('accord.purging', true) = 'on' THEN RETURN OLD; END IF;
            RAISE EXCEPTION '{name}'
                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = '{name}';
        """,
    )


def never_truncated(name: str) -> pgtrigger.Trigger:
    """Refuse TRUNCATE, also by a cascade: triggers on rows would not see it."""
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.Before,
        operation=pgtrigger.Truncate,
        func=f"""
            RAISE EXCEPTION '{name}'
                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = '{name}';
        """,
    )


def all_or_none(*fields: str) -> Q:
    """Build the check that either every one of `fields` is null or none is."""
    none = Q(**{f"{field}__isnull": True for field in fields})
    every = Q(**{f"{field}__isnull": False for field in fields})
    return none | every
