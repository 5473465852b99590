-- Amendment concurrent_indexes: (optional) indexes for large tables, built while others write.
-- Asked for by: Article 3, section 7 ("indexes for performance"), which indexes neither the foreign key of section 5 nor what the
-- dashboard counts of file_audit. UNIQUE (parent_phase, task_number) serves the foreign key too; this index is the smaller one.
-- Adds: two indexes. CREATE INDEX CONCURRENTLY cannot run in a transaction: the runner builds them one by one after its commit,
-- finishes what a killed run left half built, and changes nothing that the directive defines.
-- Inverse: rollback/concurrent_indexes.sql

CREATE INDEX CONCURRENTLY idx_v7_subworkflow_parent_phase ON v7_subworkflow_tasks (parent_phase);

CREATE INDEX CONCURRENTLY idx_file_audit_v7_completed ON file_audit (id) WHERE v7_workflow_status = 'completed';
