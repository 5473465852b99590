-- Rollback of updated_at_triggers: takes back what amendments/updated_at_triggers.sql created, and nothing else.
-- Asked for by: Article 4.2 (rollback procedures). No CASCADE: what others built on it stops the rollback.

DROP TRIGGER v7_global_impacts_updated_at ON v7_global_impacts;
DROP TRIGGER v7_migration_workflow_updated_at ON v7_migration_workflow;
DROP FUNCTION v7_control.set_updated_at();
