-- A directive with one of each kind that ad_005 does not have.
CREATE TYPE public.v7_state AS ENUM ('open', 'closed');
CREATE TYPE public.v7_place AS (street text, town text);
CREATE DOMAIN public.v7_score AS integer DEFAULT 3 CHECK (VALUE < 10);
CREATE SEQUENCE public.v7_numbers INCREMENT BY 2;
CREATE FUNCTION public.v7_twice(n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 2 * n';
COMMENT ON FUNCTION public.v7_twice(integer) IS 'Twice as many.';
CREATE FUNCTION public.v7_stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TABLE public.v7_jobs (id serial PRIMARY KEY, state public.v7_state NOT NULL DEFAULT 'open', score public.v7_score, note text);
ALTER TABLE public.v7_jobs ENABLE ROW LEVEL SECURITY;
CREATE POLICY v7_open ON public.v7_jobs FOR SELECT USING (state = 'open');
CREATE TRIGGER v7_stamped BEFORE UPDATE ON public.v7_jobs FOR EACH ROW EXECUTE FUNCTION public.v7_stamp();
CREATE STATISTICS public.v7_related ON state, note FROM public.v7_jobs;
CREATE RULE v7_kept AS ON DELETE TO public.v7_jobs DO INSTEAD NOTHING;
CREATE MATERIALIZED VIEW public.v7_counted AS SELECT state, count(*) AS jobs FROM public.v7_jobs GROUP BY state;
CREATE UNIQUE INDEX v7_counted_state ON public.v7_counted (state);
COMMENT ON MATERIALIZED VIEW public.v7_counted IS 'Jobs by state.';
CREATE PROCEDURE public.v7_refresh() LANGUAGE sql AS 'REFRESH MATERIALIZED VIEW public.v7_counted';
