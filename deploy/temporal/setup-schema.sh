#!/bin/sh
# Brings both databases of Temporal to the schema that this image carries. Runs before every start of the server and
# may be repeated: what is up to date stays as it is. The tool reads SQL_HOST, SQL_USER, SQL_PASSWORD itself.
set -eu

: "${SQL_HOST:?}" "${SQL_USER:?}" "${SQL_PASSWORD:?}"
export SQL_PLUGIN=postgres12 SQL_PORT="${SQL_PORT:-5432}"
schemas=${SCHEMA_DIR:-/etc/temporal/schema/postgresql/v12}

# Usage: bring_up_to_date <database> <folder of its versions>
bring_up_to_date() {
	export SQL_DATABASE="$1"
	temporal-sql-tool create-database
	# Makes the table that keeps the version, nothing more; where there is one, it is left alone.
	temporal-sql-tool setup-schema --version 0.0
	temporal-sql-tool update-schema --schema-dir "$schemas/$2/versioned"
	echo "The schema of $1 is up to date."
}

bring_up_to_date temporal temporal
bring_up_to_date temporal_visibility visibility
