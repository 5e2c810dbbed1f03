#!/usr/bin/env bash
# Makes a cluster where there is none, and runs what lies in /docker-entrypoint-initdb.d on it.
set -Eeuo pipefail

if [ -s "$PGDATA/PG_VERSION" ]; then
	exit 0
fi
if [ -z "${POSTGRES_PASSWORD:-}" ]; then
	echo >&2 'Error: POSTGRES_PASSWORD is not set and the database does not exist.'
	exit 1
fi
initdb --username="${POSTGRES_USER:-postgres}" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") --auth-host=scram-sha-256 --auth-local=trust >/dev/null
pg_ctl -D "$PGDATA" -o "-c listen_addresses='' -c logging_collector=off" -w start >/dev/null
for script in /docker-entrypoint-initdb.d/*.sql; do
	psql -v ON_ERROR_STOP=1 --no-psqlrc --quiet --username "${POSTGRES_USER:-postgres}" --dbname postgres --file "$script"
done
pg_ctl -D "$PGDATA" -m fast -w stop >/dev/null
echo 'PostgreSQL init process complete; ready for start up.'
