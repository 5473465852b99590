-- Amendment row_level_security: policies that mirror the access matrix on the directive's five tables.
-- Asked for by: Article 1.1 (the safeguards). The grants already say who may do what; with row level security a grant that
-- somebody adds by mistake, to anon say, still shows and changes no row. The policies say what access.yaml says of whole
-- rows, and that v7_agent adds no row that is approved already. Which columns may be updated only grants can say.
-- Adds: row level security and its policies. Not FORCE: the owner is not subject to it, nor is the dashboard, which runs
-- with its owner's rights (amendment dashboard_security_invoker changes that).
-- Needs: the group roles, which the stack makes before the migration.
-- Inverse: rollback/row_level_security.sql

ALTER TABLE public.v7_migration_workflow ENABLE ROW LEVEL SECURITY;

CREATE POLICY v7_select ON public.v7_migration_workflow FOR SELECT
    TO v7_reader, v7_agent, v7_architect, v7_auditor USING (true);

CREATE POLICY v7_agent_insert ON public.v7_migration_workflow FOR INSERT
    TO v7_agent WITH CHECK (approval_status IS NULL AND approved_by IS NULL AND approval_notes IS NULL);

CREATE POLICY v7_architect_insert ON public.v7_migration_workflow FOR INSERT
    TO v7_architect WITH CHECK (true);

CREATE POLICY v7_update ON public.v7_migration_workflow FOR UPDATE
    TO v7_agent, v7_architect USING (true) WITH CHECK (true);

ALTER TABLE public.v7_enum_migrations ENABLE ROW LEVEL SECURITY;

CREATE POLICY v7_select ON public.v7_enum_migrations FOR SELECT
    TO v7_reader, v7_agent, v7_architect, v7_auditor USING (true);

CREATE POLICY v7_agent_insert ON public.v7_enum_migrations FOR INSERT
    TO v7_agent WITH CHECK (approved_by IS NULL);

CREATE POLICY v7_architect_insert ON public.v7_enum_migrations FOR INSERT
    TO v7_architect WITH CHECK (true);

CREATE POLICY v7_update ON public.v7_enum_migrations FOR UPDATE
    TO v7_agent, v7_architect USING (true) WITH CHECK (true);

ALTER TABLE public.v7_global_impacts ENABLE ROW LEVEL SECURITY;

CREATE POLICY v7_select ON public.v7_global_impacts FOR SELECT
    TO v7_reader, v7_agent, v7_architect, v7_auditor USING (true);

CREATE POLICY v7_agent_insert ON public.v7_global_impacts FOR INSERT
    TO v7_agent WITH CHECK (approval_status = 'pending');

CREATE POLICY v7_architect_insert ON public.v7_global_impacts FOR INSERT
    TO v7_architect WITH CHECK (true);

CREATE POLICY v7_update ON public.v7_global_impacts FOR UPDATE
    TO v7_agent, v7_architect USING (true) WITH CHECK (true);

ALTER TABLE public.v7_subworkflow_tasks ENABLE ROW LEVEL SECURITY;

CREATE POLICY v7_select ON public.v7_subworkflow_tasks FOR SELECT
    TO v7_reader, v7_agent, v7_architect, v7_auditor USING (true);

CREATE POLICY v7_insert ON public.v7_subworkflow_tasks FOR INSERT
    TO v7_agent, v7_architect WITH CHECK (true);

CREATE POLICY v7_update ON public.v7_subworkflow_tasks FOR UPDATE
    TO v7_agent, v7_architect USING (true) WITH CHECK (true);

ALTER TABLE public.v7_test_results ENABLE ROW LEVEL SECURITY;

CREATE POLICY v7_select ON public.v7_test_results FOR SELECT
    TO v7_reader, v7_agent, v7_architect, v7_auditor USING (true);

CREATE POLICY v7_insert ON public.v7_test_results FOR INSERT
    TO v7_agent, v7_architect WITH CHECK (true);

CREATE POLICY v7_update ON public.v7_test_results FOR UPDATE
    TO v7_agent, v7_architect USING (true) WITH CHECK (true);
