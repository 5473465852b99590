ALTER TABLE v7_pages DROP COLUMN reviewed_by;
DROP TABLE v7_page_notes;
