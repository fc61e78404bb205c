-- The roles around Tempost's schema, for whoever keeps apart who owns it, who delivers, who produces and who operates. Run it once in
-- the application's database, as a superuser or as a role that may create roles; before the schema exists or after; again
-- whenever you like:
--
--   psql -d app -f tempost-roles.sql
--
-- None of them can log in. Make each login of yours a member of one:
--
--   GRANT tempost_owner    TO app_migrator;   -- migrates: ./tempost migrate
--   GRANT tempost_service  TO tempost;        -- ./tempost serve and drain, with TEMPOST_SCHEMA_MIGRATE=false
--   GRANT tempost_producer TO app;            -- inserts rows, calls enqueue and cancel_job; reads nothing
--   GRANT tempost_operator TO ada;            -- reads everything, changes rows through functions that record who did it
--   GRANT tempost_reader   TO grafana;        -- reads states, attempts and figures, no recipient and no content
--   GRANT tempost_observer TO oncall;         -- reads the backlog and the views that say what is stuck and why; no table of rows

DO $$
DECLARE
    role text;
BEGIN
    FOREACH role IN ARRAY ARRAY['owner', 'service', 'producer', 'operator', 'reader', 'observer'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = 'tempost_' || role) THEN
            EXECUTE format('CREATE ROLE tempost_%s NOLOGIN', role);
        END IF;
    END LOOP;

    IF to_regnamespace('tempost') IS NULL THEN
        -- to give a schema to a role one must be a member of it, unless one is a superuser
        GRANT tempost_owner TO CURRENT_USER;
        CREATE SCHEMA tempost AUTHORIZATION tempost_owner;
    ELSIF to_regprocedure('tempost.grant_rights()') IS NOT NULL THEN
        PERFORM tempost.grant_rights();
    END IF;
END
$$;
