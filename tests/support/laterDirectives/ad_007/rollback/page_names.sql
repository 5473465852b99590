DROP TRIGGER v7_normalize_page_url ON v7_pages;
DROP FUNCTION v7_normalize_page_url();
DROP VIEW pages;
ALTER TABLE v7_pages RENAME COLUMN page_title TO title;
ALTER TABLE v7_pages RENAME COLUMN page_url TO url;
ALTER TABLE v7_pages RENAME TO pages;
