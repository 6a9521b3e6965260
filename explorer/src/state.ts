// Licensed under the Apache License, Version 2.0; see LICENSE.

// What the whole page knows: who is here, which servers, what was shared, where one is. Views read
// the signals and are drawn anew when one changes.

import { computed, signal } from '@preact/signals'
import { createStore, entries, set, del } from 'idb-keyval'
import { allIdentities, type Identity } from './keys/identities'
import { allShares, type Share } from './wire/shared'
import type { Caller } from './wire/request'
import type { Server } from './wire/server'

export const identities = signal<Identity[]>([])
export const chosenDid = signal('')
export const servers = signal<Server[]>([])
export const shares = signal<Share[]>([])
export const online = signal(navigator.onLine)

export const identity = computed(
  () => identities.value.find(({ did }) => did === chosenDid.value) ?? identities.value[0]
)

const table = createStore('was-explorer-places', 'places')
const CHOSEN = 'chosen identity'

export async function loadState(): Promise<void> {
  const [keys, given, rows] = await Promise.all([allIdentities(), allShares(), entries(table)])
  identities.value = keys
  shares.value = given
  servers.value = rows.flatMap(([, row]) => (typeof row === 'object' ? [row as Server] : []))
  const chosen = rows.find(([key]) => key === CHOSEN)?.[1]
  chosenDid.value = typeof chosen === 'string' ? chosen : ''
}

export async function chooseIdentity(did: string): Promise<void> {
  chosenDid.value = did
  await set(CHOSEN, did, table)
}

export async function reloadIdentities(): Promise<void> {
  identities.value = await allIdentities()
}

export async function reloadShares(): Promise<void> {
  shares.value = await allShares()
}

export async function addServer(server: Server): Promise<void> {
  await set(server.base, server, table)
  servers.value = [...servers.value.filter(({ base }) => base !== server.base), server]
}

export async function removeServer({ base }: Server): Promise<void> {
  await del(base, table)
  servers.value = servers.value.filter(server => server.base !== base)
}

// Where one is: the segments of the URL's fragment, each percent-encoded, and by which share.
export interface Place {
  parts: string[]
  via: string | undefined
}

function readPlace(): Place {
  const [path = '', query] = location.hash.replace(/^#\/?/, '').split('?')
  try {
    const parts = path.split('/').filter(Boolean).map(decodeURIComponent)
    return { parts, via: new URLSearchParams(query).get('via') ?? undefined }
  } catch {
    return { parts: [], via: undefined }
  }
}

export const place = signal<Place>(readPlace())
addEventListener('hashchange', () => (place.value = readPlace()))
addEventListener('online', () => (online.value = true))
addEventListener('offline', () => (online.value = false))

export function linkTo(parts: string[], via?: string): string {
  const query = via === undefined ? '' : `?via=${encodeURIComponent(via)}`
  return `#/${parts.map(encodeURIComponent).join('/')}${query}`
}

export function go(parts: string[], via?: string): void {
  location.hash = linkTo(parts, via)
}

// What places are called, as far as they were seen; else they are called by their ids.
const seen = signal<Record<string, string>>({})

export function noteName(parts: string[], name: string): void {
  const key = linkTo(parts)
  if (seen.peek()[key] !== name) seen.value = { ...seen.peek(), [key]: name }
}

export function nameOf(parts: string[]): string {
  return seen.value[linkTo(parts)] ?? parts[parts.length - 1]!
}

// Who asks that server, by that share or by right.
export function callerOf(server: Server, via: string | undefined): Caller {
  const share = shares.value.find(({ capability, given }) => !given && capability.id === via)
  return { server, identity: identity.value, capability: share?.capability }
}
