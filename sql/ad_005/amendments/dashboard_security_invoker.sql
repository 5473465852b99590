-- Amendment dashboard_security_invoker: the dashboard runs with the rights of whoever reads it.
-- Asked for by: Article 1.1 (the safeguards). Without it a view runs with its owner's rights: whoever may read the dashboard
-- sees through it what the tables' privileges and policies keep from them. With it each reader needs SELECT on the four
-- tables of ours that it joins and on file_audit, and sees the rows that their policies show. The matrix grants that.
-- Adds: one option of the view. Its definition, the directive's own text, stays as it is.
-- Inverse: rollback/dashboard_security_invoker.sql

ALTER VIEW public.v7_migration_dashboard SET (security_invoker = on);
