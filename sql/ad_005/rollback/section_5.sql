-- Rollback of section_5: takes back what section 5 of directive.sql created, and nothing else. Runs after its rows are archived.
-- Asked for by: Article 4.2 (rollback procedures). No CASCADE: what others built on it stops the rollback.

DROP TABLE v7_subworkflow_tasks;
