-- Rollback of section_7: takes back what section 7 of directive.sql created, and nothing else. Runs after its rows are archived.
-- Asked for by: Article 4.2 (rollback procedures). No CASCADE: what others built on it stops the rollback.

DROP INDEX idx_test_results_status;
DROP INDEX idx_subworkflow_status;
DROP INDEX idx_global_impacts_risk;
DROP INDEX idx_enum_migrations_status;
DROP INDEX idx_file_audit_v7_status;
DROP INDEX idx_v7_workflow_status;
