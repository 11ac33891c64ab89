/**
 * Has glibc give up a name server that does not answer after 1 s and a second one, not after its own 5 and 5: Node cannot
 * end while it looks a name up. Call it before the first lookup, after which glibc reads no variable any more (measured
 * with one dead server: a program that wanted to end after 0.5 s ended after 10 s, and after 2 s with this).
 *
 * @param env what the user has set in RES_OPTIONS stands
 */
export function limitNameLookups(env: NodeJS.ProcessEnv): void {
  env['RES_OPTIONS'] ||= 'timeout:1 attempts:2'
}
