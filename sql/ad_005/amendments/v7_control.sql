-- Amendment v7_control: the schema in which the runner keeps its history.
-- Asked for by: Article 1.2 ("auditable", "single source of truth"). The directive does not name where that is kept.
-- Adds: schema v7_control, table v7_control.history, append-only and chained by digest. Touches nothing of the directive's.
-- Inverse: rollback/v7_control.sql

CREATE SCHEMA v7_control;

COMMENT ON SCHEMA v7_control IS 'What the V7 migration runner did on this database, and under whose approval.';

CREATE TABLE v7_control.history (
    position         integer     PRIMARY KEY CHECK (position > 0),
    recorded_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    action           text        NOT NULL,
    directive        text        NOT NULL,
    step_id          text        NOT NULL,
    step_kind        text        NOT NULL,
    step_sha256      text        NOT NULL CHECK (step_sha256 ~ '^[0-9a-f]{64}$'),
    plan_digest      text        NOT NULL CHECK (plan_digest ~ '^[0-9a-f]{64}$'),
    duration_ms      numeric     NOT NULL,
    applied_by       text        NOT NULL DEFAULT session_user,
    server_version   text        NOT NULL DEFAULT current_setting('server_version'),
    runner_version   text        NOT NULL,
    details          jsonb       NOT NULL DEFAULT '{}',
    previous_digest  text        NOT NULL UNIQUE,
    digest           text        NOT NULL UNIQUE CHECK (digest ~ '^[0-9a-f]{64}$')
);

COMMENT ON TABLE v7_control.history IS 'One row a step that ran. Append-only. Each digest covers the row and the digest before it; docs/history.md has the query that verifies the chain.';

CREATE FUNCTION v7_control.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog
AS $$
BEGIN
    RAISE EXCEPTION 'v7_control.history is append-only: % refused', TG_OP
        USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER history_is_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON v7_control.history
    FOR EACH STATEMENT EXECUTE FUNCTION v7_control.refuse_change();
