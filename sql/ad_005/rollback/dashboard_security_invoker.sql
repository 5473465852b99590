-- Rollback of dashboard_security_invoker: takes back what amendments/dashboard_security_invoker.sql created, and nothing else.
-- Asked for by: Article 4.2 (rollback procedures).

ALTER VIEW public.v7_migration_dashboard RESET (security_invoker);
