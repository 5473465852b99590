CREATE INDEX CONCURRENTLY v7_pages_by_host ON v7_pages (page_host);
