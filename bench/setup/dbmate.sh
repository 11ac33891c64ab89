#!/usr/bin/env bash
# Rebuilds a database with dbmate: dbmate.sh DBMATE DATABASE_URL FOLDER_OF_MIGRATIONS
set -e

"$1" --url "$2" --migrations-dir "$3" --no-dump-schema drop
"$1" --url "$2" --migrations-dir "$3" --no-dump-schema up
