-- Rollback of v7_control: takes back what amendments/v7_control.sql created, and nothing else. Runs after its rows are archived.
-- Asked for by: Article 4.2 (rollback procedures). No CASCADE: what others built on it stops the rollback.

DROP TABLE v7_control.history;
DROP FUNCTION v7_control.refuse_change();
DROP SCHEMA v7_control;
