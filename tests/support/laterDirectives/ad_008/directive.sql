-- ARCHITECTURAL DIRECTIVE 008: each page knows its host.
ALTER TABLE v7_pages ADD COLUMN page_host TEXT;

-- Behind the backfill.
ALTER TABLE v7_pages ALTER COLUMN page_host SET NOT NULL;
COMMENT ON COLUMN v7_pages.page_host IS 'The host of page_url';
