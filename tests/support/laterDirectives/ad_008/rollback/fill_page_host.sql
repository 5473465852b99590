UPDATE v7_pages SET page_host = NULL;
