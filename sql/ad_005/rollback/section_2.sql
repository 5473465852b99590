-- Rollback of section_2: takes back what section 2 of directive.sql created, and nothing else. Runs after its rows are archived.
-- Asked for by: Article 4.2 (rollback procedures). No CASCADE: what others built on it stops the rollback.

ALTER TABLE file_audit
    DROP COLUMN v7_workflow_status,
    DROP COLUMN v7_target_name,
    DROP COLUMN v7_database_enums,
    DROP COLUMN v7_enum_mappings,
    DROP COLUMN v7_dependencies,
    DROP COLUMN v7_dependents,
    DROP COLUMN v7_impact_score,
    DROP COLUMN v7_review_status,
    DROP COLUMN v7_reviewed_by,
    DROP COLUMN v7_implementation_status,
    DROP COLUMN v7_test_status,
    DROP COLUMN v7_retirement_date;
