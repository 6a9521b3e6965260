// Licensed under the Apache License, Version 2.0; see LICENSE.

// The change feed of a collection: tells what changes, as it changes, until it is told to stop. How
// far it came is kept in IndexedDB, so that nothing is read twice.

import { createStore, del, get, set } from 'idb-keyval'
import { ask, Broken, jsonBody, jsonOf, Refused, type Caller } from './request'
import { listOf, objectOf, textOf } from './values'

export interface Change {
  kind: string
  id: string
  deleted: boolean
  etag?: string | undefined
}

const table = createStore('was-explorer-changes', 'checkpoints')
const PAGE = '1000'
const WAIT = 'wait=20'
const PAUSE_MS = 2000

// `caughtUp` tells whether these were there when it began; `broken` whether the server is reached.
export interface Listener {
  changed(changes: Change[], caughtUp: boolean): void
  broken(is: boolean): void
}

export async function watch(caller: Caller, url: string, signal: AbortSignal, listener: Listener) {
  const key = `${caller.identity?.did ?? ''} ${caller.capability?.id ?? ''} ${url}`
  let checkpoint = await get<string>(key, table)
  let caughtUp = false
  while (!signal.aborted) {
    try {
      const { changes, next, waited } = await page(caller, url, checkpoint, caughtUp, signal)
      listener.broken(false)
      if (changes.length > 0) listener.changed(changes, caughtUp)
      if (next !== undefined && next !== checkpoint) await set(key, (checkpoint = next), table)
      if (caughtUp && changes.length === 0 && !waited) await pause(signal)
      caughtUp ||= changes.length === 0
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof Refused && error.pointer === '#/checkpoint' && checkpoint) {
        // Another life of this collection, or another database.
        checkpoint = undefined
        await del(key, table)
      } else if (error instanceof Broken || (error instanceof Refused && error.status >= 500)) {
        listener.broken(error instanceof Broken)
        await pause(signal)
      } else if (error instanceof Refused) return
      else throw error
    }
  }
}

async function page(
  caller: Caller,
  url: string,
  checkpoint: string | undefined,
  wait: boolean,
  signal: AbortSignal
) {
  const headers = wait ? { prefer: WAIT } : {}
  const query = new URLSearchParams({ profile: 'changes', limit: PAGE })
  if (checkpoint) query.set('checkpoint', checkpoint)
  const options = { headers, signal }
  const response = await ask(caller, 'GET', `${url}query?${query}`, options).catch(error => {
    // The revision of 2026-09 has the one form alone.
    if (!(error instanceof Refused) || error.status !== 405) throw error
    const body = jsonBody({
      profile: 'changes',
      limit: Number(PAGE),
      ...(checkpoint && { checkpoint })
    })
    return ask(caller, 'POST', `${url}query`, { ...options, body })
  })
  const said = objectOf(await jsonOf(response))
  const changes = listOf(said.documents).map((value): Change => {
    const { kind, id, deleted, _deleted, etag } = objectOf(value)
    return {
      kind: textOf(kind) ?? 'resource',
      id: textOf(id) ?? '',
      deleted: deleted === true || _deleted === true,
      etag: textOf(etag)
    }
  })
  const waited = response.headers.has('preference-applied')
  return { changes, next: textOf(said.checkpoint), waited }
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const end = () => {
      clearTimeout(timer)
      removeEventListener('online', end)
      resolve()
    }
    const timer = setTimeout(end, PAUSE_MS)
    addEventListener('online', end)
    signal.addEventListener('abort', end)
  })
}
