import {setImmediate as nextTurn} from 'node:timers/promises'

/**
 * Does two things at a time: `act`, which begins by connecting, and then, while that waits for the server, `prepare`. When
 * preparing fails, `act` is ended, and that failure is the one to tell, whatever became of `act`.
 *
 * @param act is given what is prepared, and a signal that ends it
 * @throws what `prepare` throws, or `act`
 */
export async function alongside<P, T>(
  prepare: () => Promise<P>,
  act: (prepared: Promise<P>, signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const over = new AbortController()
  const prepared = nextTurn().then(prepare)
  prepared.catch((error: unknown) => over.abort(error))
  try {
    return await act(prepared, AbortSignal.any([signal, over.signal]))
  } catch (error) {
    await prepared
    throw error
  }
}
