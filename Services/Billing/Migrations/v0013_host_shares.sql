-- Hosts see what each use of their points earned.
GRANT SELECT ON billing_view.host_share TO accounts;
