-- ARCHITECTURAL DIRECTIVE 006: one ENUM for what is curated, in place of three.
CREATE TYPE v7_curation_status AS ENUM ('New', 'Queued', 'Processing', 'Complete', 'Error', 'Skipped');

-- Pages: the partial index compares with a label of the old type.
DROP INDEX pages_to_curate;
ALTER TABLE pages
    ALTER COLUMN curation_status DROP DEFAULT,
    ALTER COLUMN curation_status TYPE v7_curation_status USING curation_status::text::v7_curation_status,
    ALTER COLUMN curation_status SET DEFAULT 'New';
CREATE INDEX pages_to_curate ON pages (curation_status) WHERE curation_status <> 'Complete';
ALTER TABLE contacts
    ALTER COLUMN curation_status DROP DEFAULT,
    ALTER COLUMN curation_status TYPE v7_curation_status USING curation_status::text::v7_curation_status,
    ALTER COLUMN curation_status SET DEFAULT 'New';
ALTER TABLE sitemaps
    ALTER COLUMN curation_status TYPE v7_curation_status USING curation_status::text::v7_curation_status;

DROP TYPE page_curation_status;
DROP TYPE contact_curation_status;
DROP TYPE sitemap_curation_status;
