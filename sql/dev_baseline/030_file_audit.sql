-- The development baseline, 3 of 3: what the directive takes for granted. Section 2 alters file_audit, and no section
-- creates it; the view of section 5 counts its `id`. Made as `postgres`, who owns these things on Supabase.
SET LOCAL ROLE postgres;

CREATE TABLE public.file_audit (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    file_path text NOT NULL UNIQUE,
    file_name text,
    workflow text,
    layer integer,
    status text,
    created_at timestamptz DEFAULT now()
);

INSERT INTO public.file_audit (file_path, file_name, workflow, layer, status) VALUES
    ('src/models/workflows/page_curation.py', 'page_curation.py', 'WF7', 1, 'Completed'),
    ('src/schemas/domain.py', 'domain.py', 'WF4', 2, 'Completed'),
    ('src/routers/local_business.py', 'local_business.py', 'WF3', 3, 'InProgress'),
    ('src/services/sitemap_import.py', 'sitemap_import.py', 'WF6', 4, 'Queued'),
    ('src/config/settings.py', 'settings.py', 'WF1', 5, 'Queued'),
    ('static/js/staging_editor.js', 'staging_editor.js', 'WF2', 6, 'Error');

-- An ENUM in use, for the directive's ENUM mapping to speak of.
CREATE TYPE public.task_status_enum AS ENUM ('Queued', 'InProgress', 'Completed', 'Error');

CREATE TABLE public.jobs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    status public.task_status_enum NOT NULL DEFAULT 'Queued'
);
