-- Amendment phase_number_unique: what section 5's own foreign key needs.
-- Asked for by: Article 3, section 5. v7_subworkflow_tasks.parent_phase REFERENCES v7_migration_workflow(phase_number), and
-- PostgreSQL refuses a foreign key to columns without a unique constraint (SQLSTATE 42830). Runs between sections 4 and 5.
-- Adds: one unique constraint. Changes no column that the directive defines.
-- Inverse: rollback/phase_number_unique.sql

ALTER TABLE v7_migration_workflow
    ADD CONSTRAINT v7_migration_workflow_phase_number_key UNIQUE (phase_number);
