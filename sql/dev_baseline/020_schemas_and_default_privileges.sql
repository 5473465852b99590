-- The development baseline, 2 of 3: schemas, owners and default privileges of a Supabase project.
ALTER DATABASE postgres OWNER TO postgres;
ALTER SCHEMA public OWNER TO pg_database_owner;

CREATE SCHEMA extensions;
CREATE SCHEMA auth;
CREATE SCHEMA storage;

GRANT USAGE ON SCHEMA extensions TO postgres, anon, authenticated, service_role;
GRANT USAGE, CREATE ON SCHEMA public TO postgres;
GRANT USAGE ON SCHEMA public TO anon, authenticated, service_role;

-- As on projects made before 30 May 2026, until Supabase revoked it on 30 October 2026: whatever postgres creates in public is
-- open to the API roles at once. The stack has to close what it makes, and here it shows whether it does.
ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA public
  GRANT ALL ON TABLES TO postgres, anon, authenticated, service_role;
ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA public
  GRANT ALL ON FUNCTIONS TO postgres, anon, authenticated, service_role;
ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA public
  GRANT ALL ON SEQUENCES TO postgres, anon, authenticated, service_role;

-- PostgREST is told to read the schema again after each change.
CREATE FUNCTION extensions.pgrst_ddl_watch() RETURNS event_trigger
  LANGUAGE plpgsql
  AS $$ BEGIN NOTIFY pgrst, 'reload schema'; END $$;
CREATE EVENT TRIGGER pgrst_ddl_watch ON ddl_command_end
  EXECUTE FUNCTION extensions.pgrst_ddl_watch();
