DROP INDEX v7_pages_by_host;
