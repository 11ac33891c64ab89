/** PostgreSQL's own short names of types whose standard names take half a line (its documentation, table 8.1). */
const SHORT: readonly (readonly [RegExp, string])[] = [
  [/^character varying\b/, 'varchar'],
  [/^character\b/, 'char'],
  [/^bit varying\b/, 'varbit'],
  [/^(timestamp|time)(\(\d\))? without time zone\b/, '$1$2'],
  [/^(timestamp|time)(\(\d\))? with time zone\b/, '$1tz$2'],
]

/** `varchar(20)` for `character varying(20)`, `timestamptz(3)[]` for `timestamp(3) with time zone[]`. */
export function shortType(type: string): string {
  const [standard, short] = SHORT.find(([pattern]) => pattern.test(type)) ?? []
  return standard === undefined || short === undefined ? type : type.replace(standard, short)
}
