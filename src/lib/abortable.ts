/** The promise's value, or at once the signal's reason; what the promise still waits for goes on. */
export async function abortable<T>(promise: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return await promise
  let stop = (): void => {}
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop, {once: true})
    if (signal.aborted) stop()
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/**
 * Runs `fn` with a signal that is aborted with `signal`, and with the error of `late` after `ms` milliseconds. Either ends
 * the waiting at once, whatever `fn` does about it.
 */
export async function withDeadline<T>(
  ms: number,
  late: () => Error,
  fn: (signal: AbortSignal) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(late()), ms)
  const follow = (): void => controller.abort(signal?.reason)
  signal?.addEventListener('abort', follow, {once: true})
  if (signal?.aborted) follow()
  try {
    return await abortable(fn(controller.signal), controller.signal)
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', follow)
  }
}
