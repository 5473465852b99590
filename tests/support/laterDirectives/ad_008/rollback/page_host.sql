ALTER TABLE v7_pages DROP COLUMN page_host;
