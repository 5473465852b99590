-- Rollback of concurrent_indexes: takes back what amendments/concurrent_indexes.sql created, and nothing else.
-- Asked for by: Article 4.2 (rollback procedures). No CASCADE: what others built on it stops the rollback. A build that was
-- given up may have left no index.

DROP INDEX IF EXISTS idx_file_audit_v7_completed;
DROP INDEX IF EXISTS idx_v7_subworkflow_parent_phase;
