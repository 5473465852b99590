-- Rollback of phase_4: takes back the rows that population/phase_4.sql wrote, where nobody has changed them since.
-- Asked for by: Article 4.2 (rollback procedures). What people wrote stays for the archive.

DELETE FROM public.v7_subworkflow_tasks AS task
USING (VALUES
    (1, 'Design and document the SQL scripts (Article 2.1)', 'Designated AI Agent for Database Operations'),
    (2, 'Write DATABASE_WORKFLOW.md (Articles 2.2 and 4)', 'Designated AI Agent for Database Operations'),
    (3, 'Approve the execution (Article 2.4)', 'The Architect'),
    (4, 'Create the V7 database infrastructure (Article 3)', 'Designated AI Agent for Database Operations'),
    (5, 'Populate the tracking tables (Article 4.2)', 'Designated AI Agent for Database Operations'),
    (6, 'Verify creation and population (Article 4.4)', 'Designated AI Agent for Database Operations'),
    (7, 'File the completion report (Article 5)', 'Designated AI Agent for Database Operations')
) AS written (task_number, task_name, responsible_persona)
WHERE task.parent_phase = 4
  AND (task.task_number, task.task_name, task.responsible_persona)
    = (written.task_number, written.task_name, written.responsible_persona)
  AND task.status = 'pending'
  AND num_nonnulls(task.dart_task_id, task.dart_task_url, task.started_at, task.completed_at, task.blockers,
                   task.dependencies, task.deliverable_urls, task.notes) = 0;

DELETE FROM public.v7_migration_workflow
WHERE (phase_number, phase_name, lead_persona) = (4, 'Database Phase', 'Designated AI Agent for Database Operations')
  AND status = 'not_started'
  AND deliverables = '["Docs/V7_Migration/04_Database_Phase/DATABASE_WORKFLOW.md", "sql/ad_005/directive.sql"]'
  AND num_nonnulls(started_at, completed_at, approval_status, approved_by, approval_notes, blockers) = 0
  AND NOT EXISTS (SELECT FROM public.v7_subworkflow_tasks WHERE parent_phase = 4);
