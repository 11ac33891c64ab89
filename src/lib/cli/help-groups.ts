/** Commands under their headings, in the order in which people need them. */
const GROUPS: readonly (readonly [title: string, commands: readonly string[]])[] = [
  ['every day', ['overview', 'setup', 'connect', 'sessions', 'doctor', 'query', 'diagram']],
  ['the database and its files', ['create', 'schema-load', 'seed', 'drop']],
  ['migrations', ['migrate', 'migrate-status', 'migrate-new', 'rollback']],
  ['production on AWS', ['rds-create', 'rds-update-sg-rule', 'update-cognito-user-ids']],
  ['the embedded server', ['server']],
]
const OTHERS = 'other'

export interface Group<Item> {
  title: string
  items: Item[]
}

/** The items in their groups; those that have no place come last, in their own order. */
export function grouped<Item extends {id: string}>(items: readonly Item[]): Group<Item>[] {
  const placed = new Set(GROUPS.flatMap(([, names]) => names))
  const groups = GROUPS.map(([title, names]) => ({
    title,
    items: names.flatMap((name) => items.filter(({id}) => id === name)),
  }))
  const others = {title: OTHERS, items: items.filter(({id}) => !placed.has(id))}
  return [...groups, others].filter((group) => group.items.length > 0)
}
