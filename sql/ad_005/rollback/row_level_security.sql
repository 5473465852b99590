-- Rollback of row_level_security: takes back what amendments/row_level_security.sql created, and nothing else.
-- Asked for by: Article 4.2 (rollback procedures).

DROP POLICY v7_update ON public.v7_test_results;
DROP POLICY v7_insert ON public.v7_test_results;
DROP POLICY v7_select ON public.v7_test_results;
ALTER TABLE public.v7_test_results DISABLE ROW LEVEL SECURITY;

DROP POLICY v7_update ON public.v7_subworkflow_tasks;
DROP POLICY v7_insert ON public.v7_subworkflow_tasks;
DROP POLICY v7_select ON public.v7_subworkflow_tasks;
ALTER TABLE public.v7_subworkflow_tasks DISABLE ROW LEVEL SECURITY;

DROP POLICY v7_update ON public.v7_global_impacts;
DROP POLICY v7_architect_insert ON public.v7_global_impacts;
DROP POLICY v7_agent_insert ON public.v7_global_impacts;
DROP POLICY v7_select ON public.v7_global_impacts;
ALTER TABLE public.v7_global_impacts DISABLE ROW LEVEL SECURITY;

DROP POLICY v7_update ON public.v7_enum_migrations;
DROP POLICY v7_architect_insert ON public.v7_enum_migrations;
DROP POLICY v7_agent_insert ON public.v7_enum_migrations;
DROP POLICY v7_select ON public.v7_enum_migrations;
ALTER TABLE public.v7_enum_migrations DISABLE ROW LEVEL SECURITY;

DROP POLICY v7_update ON public.v7_migration_workflow;
DROP POLICY v7_architect_insert ON public.v7_migration_workflow;
DROP POLICY v7_agent_insert ON public.v7_migration_workflow;
DROP POLICY v7_select ON public.v7_migration_workflow;
ALTER TABLE public.v7_migration_workflow DISABLE ROW LEVEL SECURITY;
