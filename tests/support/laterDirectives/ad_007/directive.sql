-- ARCHITECTURAL DIRECTIVE 007: pages are named as V7 names them. Old clients go on reading and writing `pages`.
ALTER TABLE pages RENAME TO v7_pages;
ALTER TABLE v7_pages RENAME COLUMN url TO page_url;
ALTER TABLE v7_pages RENAME COLUMN title TO page_title;
CREATE VIEW pages WITH (security_invoker = true) AS
    SELECT id, page_url AS url, page_title AS title, curation_status FROM v7_pages;

-- Whoever writes, an address is kept in one form.
CREATE FUNCTION v7_normalize_page_url() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = ''
AS $$
BEGIN
    NEW.page_url := lower(split_part(NEW.page_url, '#', 1));
    RETURN NEW;
END;
$$;
CREATE TRIGGER v7_normalize_page_url BEFORE INSERT OR UPDATE OF page_url ON v7_pages
    FOR EACH ROW EXECUTE FUNCTION v7_normalize_page_url();

-- What reviewers write.
CREATE TABLE v7_page_notes (
    id BIGSERIAL PRIMARY KEY,
    page_id BIGINT NOT NULL REFERENCES v7_pages(id),
    note TEXT NOT NULL,
    noted_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
ALTER TABLE v7_pages ADD COLUMN reviewed_by TEXT;
