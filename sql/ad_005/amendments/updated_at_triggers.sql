-- Amendment updated_at_triggers: (optional) updated_at tells when a row was last changed.
-- Asked for by: Article 3, sections 1 and 4, whose tables have updated_at with a default for INSERT and nothing for UPDATE.
-- Adds: one function in v7_control and a trigger on v7_migration_workflow and on v7_global_impacts, fired where a row really
-- changes. The value is the default's own, CURRENT_TIMESTAMP, without a time zone as the directive has it.
-- Inverse: rollback/updated_at_triggers.sql

CREATE FUNCTION v7_control.set_updated_at() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog
AS $$
BEGIN
    NEW.updated_at := CURRENT_TIMESTAMP;
    RETURN NEW;
END
$$;

REVOKE ALL PRIVILEGES ON FUNCTION v7_control.set_updated_at() FROM PUBLIC;

CREATE TRIGGER v7_migration_workflow_updated_at
    BEFORE UPDATE ON v7_migration_workflow
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION v7_control.set_updated_at();

CREATE TRIGGER v7_global_impacts_updated_at
    BEFORE UPDATE ON v7_global_impacts
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION v7_control.set_updated_at();
