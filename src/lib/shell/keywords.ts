/** Words of PostgreSQL's SQL that people type, for completion; the grammar has far more. */
export const KEYWORDS: readonly string[] = (
  'ABORT ADD ALL ALTER ANALYZE AND ANY AS ASC BEGIN BETWEEN BIGINT BOOLEAN BY BYTEA CALL CASCADE CASE CAST CHECK ' +
  'CHECKPOINT CLUSTER COALESCE COLLATE COLUMN COMMENT COMMIT CONCURRENTLY CONFLICT CONSTRAINT COPY COUNT CREATE CROSS ' +
  'CURRENT_DATE CURRENT_TIMESTAMP CURRENT_USER DATABASE DATE DEALLOCATE DEFAULT DEFERRABLE DELETE DESC DISTINCT DO ' +
  'DOMAIN DOUBLE DROP ELSE END ENUM EXCEPT EXECUTE EXISTS EXPLAIN EXTENSION FALSE FILTER FIRST FOR FOREIGN FROM FULL ' +
  'FUNCTION GENERATED GRANT GROUP HAVING IDENTITY IF ILIKE IMMUTABLE IN INDEX INNER INSERT INTEGER INTERSECT INTERVAL ' +
  'INTO IS ISOLATION JOIN JSON JSONB KEY LANGUAGE LAST LATERAL LEFT LEVEL LIKE LIMIT LISTEN LOCK MATERIALIZED MERGE ' +
  'NATURAL NOT NOTHING NOTIFY NOWAIT NULL NULLS NUMERIC OFFSET ON ONLY OR ORDER OUTER OVER OWNER PARTITION PASSWORD ' +
  'POLICY PREPARE PRIMARY PROCEDURE REFERENCES REFRESH REINDEX RELEASE RENAME REPLACE RESET RESTRICT RETURNING RETURNS ' +
  'REVOKE RIGHT ROLE ROLLBACK ROW ROWS SAVEPOINT SCHEMA SELECT SEQUENCE SERIAL SERIALIZABLE SESSION SET SHOW SIMILAR ' +
  'SKIP START STATISTICS TABLE TABLESPACE TEMPORARY TEXT THEN TIME TIMESTAMP TIMESTAMPTZ TO TRANSACTION TRIGGER TRUE ' +
  'TRUNCATE TYPE UNION UNIQUE UNLISTEN UPDATE USER USING UUID VACUUM VALUES VARCHAR VERBOSE VIEW WHEN WHERE WINDOW WITH ' +
  'WITHOUT WORK ZONE'
).split(' ')

/** Words that are no name unless they stand in quotes (PostgreSQL documentation, appendix C: reserved). */
export const RESERVED: ReadonlySet<string> = new Set(
  (
    'all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation ' +
    'column concurrently constraint create cross current_catalog current_date current_role current_schema current_time ' +
    'current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign freeze ' +
    'from full grant group having ilike in initially inner intersect into is isnull join lateral leading left like limit ' +
    'localtime localtimestamp natural not notnull null offset on only or order outer overlaps placing primary references ' +
    'returning right select session_user similar some symmetric system_user table tablesample then to trailing true union ' +
    'unique user using variadic verbose when where window with'
  ).split(' '),
)
