#!/usr/bin/env bash
# Rebuilds a database with psql, in the steps of scripts that do so:
# psql.sh PSQL MAINTENANCE_URL DATABASE_URL DATABASE SCHEMA_FILE SEED_FILE
set -e

"$1" "$2" -X -c "DROP DATABASE IF EXISTS $4;"
"$1" "$2" -X -c "CREATE DATABASE $4;"
"$1" "$3" -X <"$5"
"$1" "$3" -X <"$6"
