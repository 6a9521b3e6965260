// Licensed under the Apache License, Version 2.0; see LICENSE.

// The page's half of media-worker.ts: reads and signs for the ranges that a player asks for.

import { readFrom } from '../wire/content'
import type { Caller } from '../wire/request'
import { essence } from '../wire/values'

const PIECE = 1024 * 1024

const played = new Map<string, { caller: Caller; url: string }>()
let ready: Promise<boolean> | undefined

function start(): Promise<boolean> {
  const { serviceWorker } = navigator
  if (!serviceWorker) return Promise.resolve(false)
  serviceWorker.addEventListener('message', event => void serve(event))
  const ruled = new Promise<boolean>(resolve => {
    serviceWorker.addEventListener('controllerchange', () => resolve(true), { once: true })
  })
  return serviceWorker
    .register(scriptUrl())
    .then(async () => {
      const { active } = await serviceWorker.ready
      if (serviceWorker.controller) return true
      // A page that was loaded past the worker (shift and reload) has none until it is claimed.
      active?.postMessage('claim')
      return await ruled
    })
    .catch(() => false)
}

// Trusted Types want to be told that this is no stranger's URL.
function scriptUrl(): string {
  const types = (
    globalThis as unknown as {
      trustedTypes?: {
        createPolicy(name: string, rules: object): { createScriptURL(s: string): string }
      }
    }
  ).trustedTypes
  return (
    types
      ?.createPolicy('explorer', { createScriptURL: (s: string) => s })
      .createScriptURL('media.js') ?? 'media.js'
  )
}

async function serve({ data, ports }: MessageEvent) {
  const wanted = played.get(String(data?.media))
  const [port] = ports
  if (!wanted || !port) return port?.postMessage(undefined)
  try {
    const { about, response, from } = await readFrom(
      wanted.caller,
      wanted.url,
      data.from,
      data.from + PIECE - 1
    )
    const bytes = await response.arrayBuffer()
    port.postMessage({ type: essence(about.type), size: about.size, from, bytes }, [bytes])
  } catch {
    port.postMessage(undefined)
  }
}

// A URL that a player can be given, until it is let go of; undefined where this browser has no
// service workers.
export async function playable(caller: Caller, url: string) {
  ready ??= start()
  if (!(await ready)) return undefined
  const token = crypto.randomUUID()
  played.set(token, { caller, url })
  return { url: `media/${token}`, release: () => void played.delete(token) }
}
