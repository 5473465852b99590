CREATE TYPE page_curation_status AS ENUM ('New', 'Queued', 'Processing', 'Complete', 'Skipped');
CREATE TYPE contact_curation_status AS ENUM ('New', 'Queued', 'Complete', 'Error');
CREATE TYPE sitemap_curation_status AS ENUM ('New', 'Processing', 'Complete', 'Error');
ALTER TABLE sitemaps
    ALTER COLUMN curation_status TYPE sitemap_curation_status USING curation_status::text::sitemap_curation_status;
ALTER TABLE contacts
    ALTER COLUMN curation_status DROP DEFAULT,
    ALTER COLUMN curation_status TYPE contact_curation_status USING curation_status::text::contact_curation_status,
    ALTER COLUMN curation_status SET DEFAULT 'New';
DROP INDEX pages_to_curate;
ALTER TABLE pages
    ALTER COLUMN curation_status DROP DEFAULT,
    ALTER COLUMN curation_status TYPE page_curation_status USING curation_status::text::page_curation_status,
    ALTER COLUMN curation_status SET DEFAULT 'New';
CREATE INDEX pages_to_curate ON pages (curation_status) WHERE curation_status <> 'Complete';
DROP TYPE v7_curation_status;
