// Licensed under the Apache License, Version 2.0; see LICENSE.

// Which server a URL belongs to, and which of the two protocols it speaks there. Asks unsigned.

import { inside, objectOf, textOf } from './values'

export type Protocol = 'classic' | 'pws'

export interface Server {
  // Where its routes begin, with the slash behind it.
  base: string
  protocol: Protocol
}

export class NoServer extends Error {
  constructor(readonly reason: 'notAUrl' | 'notReached' | 'notOurs') {
    super(reason)
  }
}

// A URL as a person types it: of a server, or of anything on one.
export function baseOf(typed: string): string {
  const text = typed.trim()
  try {
    const url = new URL(/^[a-z][a-z0-9+.-]*:/i.test(text) ? text : `https://${text}`)
    if (!/^https?:$/.test(url.protocol) || url.username || url.password) throw new Error()
    const path = url.pathname.replace(/\/spaces?(\/.*)?$/, '/')
    return url.origin + (path.endsWith('/') ? path : `${path}/`)
  } catch {
    throw new NoServer('notAUrl')
  }
}

export async function findServer(typed: string): Promise<Server> {
  const base = baseOf(typed)
  const response = await fetch(base, { credentials: 'omit', redirect: 'error' }).catch(() => {
    throw new NoServer('notReached')
  })
  const link = /<([^>]*)>\s*;\s*rel="?service"?/i.exec(response.headers.get('link') ?? '')?.[1]
  const service = inside(new URL('/', base).href, link)
  if (service?.endsWith('/service')) return { base: service.slice(0, -7), protocol: 'pws' }
  const said = objectOf(await response.json().catch(() => null))
  const spaces = inside(new URL('/', base).href, textOf(said.spaces))
  if (spaces?.endsWith('/spaces/')) return { base: spaces.slice(0, -7), protocol: 'classic' }
  throw new NoServer('notOurs')
}
