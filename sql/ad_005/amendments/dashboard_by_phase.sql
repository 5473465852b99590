-- Amendment dashboard_by_phase: (optional) a companion of the directive's dashboard, with the same columns and types.
-- Asked for by: Article 3, section 8, whose view joins tasks, files, ENUM migrations and impacts without a key between them, so
-- that its work grows with the product of their rows, and whose MAX(risk_assessment) is alphabetical ('medium' is its highest).
-- Adds: the view v7_migration_dashboard_by_phase. Each number is counted once, by itself; the risk is by severity. Files, ENUM
-- migrations and impacts name no phase: as in the directive's view, every phase shows those of the whole migration.
-- Changes nothing of the directive's. Closes the new view to everybody but its owner, as lockdown does.
-- Inverse: rollback/dashboard_by_phase.sql

CREATE VIEW v7_migration_dashboard_by_phase AS
SELECT
    mw.phase_number,
    mw.phase_name,
    mw.status AS phase_status,
    mw.lead_persona,
    (SELECT count(*) FROM v7_subworkflow_tasks st WHERE st.parent_phase = mw.phase_number) AS total_tasks,
    (SELECT count(*) FROM v7_subworkflow_tasks st
      WHERE st.parent_phase = mw.phase_number AND st.status = 'completed') AS completed_tasks,
    files.migrated_files,
    enums.enum_migrations,
    risks.highest_risk
FROM v7_migration_workflow mw
CROSS JOIN (SELECT count(DISTINCT fa.id) AS migrated_files FROM file_audit fa
             WHERE fa.v7_workflow_status = 'completed') AS files
CROSS JOIN (SELECT count(*) AS enum_migrations FROM v7_enum_migrations em WHERE em.status <> 'proposed') AS enums
CROSS JOIN (SELECT (array_agg(gi.risk_assessment::text ORDER BY
                      array_position(ARRAY['critical', 'high', 'medium', 'low'], gi.risk_assessment::text) NULLS LAST,
                      gi.risk_assessment DESC))[1] AS highest_risk
              FROM v7_global_impacts gi WHERE gi.approval_status = 'approved') AS risks
ORDER BY mw.phase_number;

COMMENT ON VIEW v7_migration_dashboard_by_phase IS
    'As v7_migration_dashboard, each number counted by itself, the risk by severity: critical, high, medium, low.';

DO $close$
DECLARE
    target record;
BEGIN
    FOR target IN
        SELECT DISTINCT a.grantee, r.rolname
        FROM pg_catalog.pg_class c
        CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) a
        LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
        WHERE c.oid = 'public.v7_migration_dashboard_by_phase'::pg_catalog.regclass AND a.grantee <> c.relowner
    LOOP
        IF target.grantee = 0 THEN
            REVOKE ALL PRIVILEGES ON TABLE public.v7_migration_dashboard_by_phase FROM PUBLIC;
        ELSE
            EXECUTE pg_catalog.format(
                'REVOKE ALL PRIVILEGES ON TABLE public.v7_migration_dashboard_by_phase FROM %I', target.rolname);
        END IF;
    END LOOP;
END
$close$;
