-- 50,000 rows at a time, until none is left.
UPDATE v7_pages SET page_host = split_part(page_url, '/', 3)
 WHERE id IN (SELECT id FROM v7_pages WHERE page_host IS NULL ORDER BY id LIMIT 50000);
