-- Rollback of dashboard_by_phase: takes back what amendments/dashboard_by_phase.sql created, and nothing else.
-- Asked for by: Article 4.2 (rollback procedures). No CASCADE: what others built on it stops the rollback.

DROP VIEW v7_migration_dashboard_by_phase;
