-- Rollback of section_1: takes back what section 1 of directive.sql created, and nothing else. Runs after its rows are archived.
-- Asked for by: Article 4.2 (rollback procedures). No CASCADE: what others built on it stops the rollback.

DROP TABLE v7_migration_workflow;
