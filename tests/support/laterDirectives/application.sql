-- What ad_006 to ad_008 take for granted: three tables of an application, each with an ENUM of its own.
-- The development baseline of the story's checkout, and its production database.
CREATE TYPE public.contact_curation_status AS ENUM ('New', 'Queued', 'Complete', 'Error');
CREATE TYPE public.page_curation_status AS ENUM ('New', 'Queued', 'Processing', 'Complete', 'Skipped');
CREATE TYPE public.sitemap_curation_status AS ENUM ('New', 'Processing', 'Complete', 'Error');

CREATE TABLE public.pages (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    url text NOT NULL UNIQUE,
    title text,
    curation_status public.page_curation_status NOT NULL DEFAULT 'New'
);
CREATE TABLE public.contacts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    page_id bigint REFERENCES public.pages(id),
    email text NOT NULL,
    curation_status public.contact_curation_status DEFAULT 'New'
);
CREATE TABLE public.sitemaps (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    url text NOT NULL,
    curation_status public.sitemap_curation_status NOT NULL
);
CREATE INDEX pages_to_curate ON public.pages (curation_status) WHERE curation_status <> 'Complete';

INSERT INTO public.pages (url, title) VALUES ('https://one.example/a', 'A'), ('https://two.example/b', NULL);
INSERT INTO public.contacts (page_id, email) SELECT id, 'info@example.com' FROM public.pages;
INSERT INTO public.sitemaps (url, curation_status) VALUES ('https://one.example/sitemap.xml', 'Complete');
