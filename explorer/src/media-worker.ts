// Licensed under the Apache License, Version 2.0; see LICENSE.

// The service worker of audio and video. A player asks for ranges of a URL, and cannot sign: so it
// is given a URL below media/, and each range that it asks for is fetched by the page that plays,
// which has the key. Has no key, stores nothing, and answers nothing else. What it hands out cannot
// become a page: its type is a sound's or a film's.

interface Range {
  type: string
  size: number
  from: number
  bytes: ArrayBuffer
}

// lib.webworker and lib.dom exclude each other in one project; this is what is used of it.
interface FetchEvent extends Event {
  request: Request
  clientId: string
  respondWith(response: Promise<Response>): void
}
interface Worker {
  registration: { scope: string }
  clients: {
    get(id: string): Promise<{ postMessage(value: unknown, ports: MessagePort[]): void } | null>
    claim(): Promise<void>
  }
  skipWaiting(): Promise<void>
  addEventListener(name: string, listener: (event: FetchEvent) => void): void
}
const worker = self as unknown as Worker

const PATIENCE_MS = 30000

worker.addEventListener('install', () => void worker.skipWaiting())
worker.addEventListener('activate', event => {
  ;(event as unknown as { waitUntil(p: Promise<void>): void }).waitUntil(worker.clients.claim())
})

worker.addEventListener('message', event => {
  if ((event as unknown as MessageEvent).data === 'claim') void worker.clients.claim()
})

worker.addEventListener('fetch', event => {
  const prefix = new URL('media/', worker.registration.scope).href
  if (event.request.url.startsWith(prefix))
    event.respondWith(answer(event, event.request.url.slice(prefix.length)))
})

async function answer(event: FetchEvent, token: string): Promise<Response> {
  const client = await worker.clients.get(event.clientId)
  const [, from] = /^bytes=(\d+)-/.exec(event.request.headers.get('range') ?? '') ?? []
  if (!client || event.request.destination === 'document')
    return new Response(null, { status: 404 })
  const { port1, port2 } = new MessageChannel()
  const range = await new Promise<Range | undefined>(resolve => {
    setTimeout(() => resolve(undefined), PATIENCE_MS)
    port1.onmessage = ({ data }) => resolve(data as Range | undefined)
    client.postMessage({ media: token, from: Number(from ?? 0) }, [port2])
  })
  if (!range || !/^(audio|video)\/[\w.+-]+$/.test(range.type))
    return new Response(null, { status: 404 })
  const { type, size, bytes } = range
  return new Response(bytes, {
    status: 206,
    headers: {
      'content-type': type,
      'content-range': `bytes ${range.from}-${range.from + bytes.byteLength - 1}/${size}`,
      'content-length': `${bytes.byteLength}`,
      'accept-ranges': 'bytes',
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff'
    }
  })
}
