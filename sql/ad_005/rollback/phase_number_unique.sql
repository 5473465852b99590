-- Rollback of phase_number_unique: takes back what amendments/phase_number_unique.sql created, and nothing else. Runs after its rows are archived.
-- Asked for by: Article 4.2 (rollback procedures). No CASCADE: what others built on it stops the rollback.

ALTER TABLE v7_migration_workflow
    DROP CONSTRAINT v7_migration_workflow_phase_number_key;
