-- Population phase_4: the database phase itself, phase 4 of the V7 migration, and its tasks.
-- Asked for by: Article 4.2 (task breakdown) and Article 4.4 (population). The names are Article 2.2's folder, 04_Database_Phase,
-- and the articles' own duties; the personas are the two that the directive names.
-- Adds: one row in v7_migration_workflow and seven in v7_subworkflow_tasks, all not yet begun: what was done is recorded by people.
-- Safe to repeat: a phase or task number that is there, whoever wrote it, is left as it is.
-- Inverse: rollback/phase_4.sql

INSERT INTO public.v7_migration_workflow (phase_number, phase_name, lead_persona, deliverables)
VALUES (
    4, 'Database Phase', 'Designated AI Agent for Database Operations',
    '["Docs/V7_Migration/04_Database_Phase/DATABASE_WORKFLOW.md", "sql/ad_005/directive.sql"]'
)
ON CONFLICT (phase_number) DO NOTHING;

INSERT INTO public.v7_subworkflow_tasks (parent_phase, task_number, task_name, responsible_persona)
VALUES
    (4, 1, 'Design and document the SQL scripts (Article 2.1)', 'Designated AI Agent for Database Operations'),
    (4, 2, 'Write DATABASE_WORKFLOW.md (Articles 2.2 and 4)', 'Designated AI Agent for Database Operations'),
    (4, 3, 'Approve the execution (Article 2.4)', 'The Architect'),
    (4, 4, 'Create the V7 database infrastructure (Article 3)', 'Designated AI Agent for Database Operations'),
    (4, 5, 'Populate the tracking tables (Article 4.2)', 'Designated AI Agent for Database Operations'),
    (4, 6, 'Verify creation and population (Article 4.4)', 'Designated AI Agent for Database Operations'),
    (4, 7, 'File the completion report (Article 5)', 'Designated AI Agent for Database Operations')
ON CONFLICT (parent_phase, task_number) DO NOTHING;
