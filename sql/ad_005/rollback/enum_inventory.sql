-- Rollback of enum_inventory: takes back the rows that population/enum_inventory.sql wrote, where nobody has changed them since.
-- Asked for by: Article 4.2 (rollback procedures). What people wrote stays for the archive.

DELETE FROM public.v7_enum_migrations
WHERE v7_enum_name = current_enum_name
  AND v7_enum_values = current_enum_values
  AND status = 'proposed'
  AND num_nonnulls(consolidates_with, migration_script, rollback_script, risk_level, approved_by, implemented_at,
                   validated_at, retired_at) = 0;
