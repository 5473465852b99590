-- Amendment lockdown: nobody but the owner may touch what was just created, until a grant says so.
-- Asked for by: Article 1.1 (the safeguards). The directive says nothing of privileges, and a Supabase project's default
-- privileges have long opened every new table of public to anon, authenticated and service_role. Runs in the transaction
-- that creates the tables, so that none of them is public for a moment; the grants that are wanted come afterwards.
-- Takes away: what default privileges, of whatever origin, gave on the directive's own five tables, its view and on
-- v7_control. file_audit is not ours and keeps the privileges that it has.
-- Inverse: none is needed, the privileges go with the objects.

DO $lockdown$
DECLARE
    target record;
BEGIN
    FOR target IN
        SELECT DISTINCT n.nspname, c.relname, a.grantee, r.rolname
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) a
        LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
        WHERE (n.nspname, c.relname) IN (
                ('public', 'v7_migration_workflow'), ('public', 'v7_enum_migrations'),
                ('public', 'v7_global_impacts'), ('public', 'v7_subworkflow_tasks'),
                ('public', 'v7_test_results'), ('public', 'v7_migration_dashboard'),
                ('v7_control', 'history'))
          AND a.grantee <> c.relowner
    LOOP
        IF target.grantee = 0 THEN
            EXECUTE pg_catalog.format('REVOKE ALL PRIVILEGES ON TABLE %I.%I FROM PUBLIC', target.nspname, target.relname);
        ELSE
            EXECUTE pg_catalog.format('REVOKE ALL PRIVILEGES ON TABLE %I.%I FROM %I', target.nspname, target.relname, target.rolname);
        END IF;
    END LOOP;

    FOR target IN
        SELECT DISTINCT n.nspname, a.grantee, r.rolname
        FROM pg_catalog.pg_namespace n
        CROSS JOIN LATERAL pg_catalog.aclexplode(n.nspacl) a
        LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
        WHERE n.nspname = 'v7_control' AND a.grantee <> n.nspowner
    LOOP
        IF target.grantee = 0 THEN
            EXECUTE pg_catalog.format('REVOKE ALL PRIVILEGES ON SCHEMA %I FROM PUBLIC', target.nspname);
        ELSE
            EXECUTE pg_catalog.format('REVOKE ALL PRIVILEGES ON SCHEMA %I FROM %I', target.nspname, target.rolname);
        END IF;
    END LOOP;
END
$lockdown$;

REVOKE ALL PRIVILEGES ON FUNCTION v7_control.refuse_change() FROM PUBLIC;
